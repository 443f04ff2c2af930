import { orAborted } from "./abort";
import type { Link } from "./client";
import { sshError } from "./errors";
import {
  createOpener,
  type Opened,
  type Opener,
  type OpenerOptions,
  type Share,
} from "./opening";
import type { SshAccess, SshTarget } from "./port";
import { routeKey, routeTo, type Hop, type Route } from "./route";
import type { Connect } from "./transport";

export interface PoolOptions extends OpenerOptions {
  /** An unused connection is closed after this time; default 60 s. */
  readonly idleMs?: number;
}

export interface Pool {
  /** The pooled connection to the target, opened when need be. It is in use while a command runs on it. @throws ssh.* */
  readonly connect: Connect;
  /** A share in the connection to the end of a route, for what lies behind it; it stays open until all are given back. */
  borrow(route: Route, access: SshAccess, signal?: AbortSignal): Promise<Share>;
  /** The visit is over: the connection is closed once nobody uses it. */
  release(target: SshTarget): void;
  /** Closes everything; calls under way end with ssh.connectionLost. */
  close(): Promise<void>;
}

/**
 * Connections that live as long as a visit. Jump hosts are pooled as hosts are, so that a bastion sees one login for all
 * the hosts behind it. A connection that died is replaced when it is next asked for.
 */
export function createPool({ idleMs = 60_000, ...options }: PoolOptions): Pool {
  return new ConnectionPool(createOpener(options), idleMs);
}

interface Opening {
  readonly opened: Promise<Opened>;
  readonly abort: AbortController;
  waiting: number;
}

/** The one connection to the end of a route, whoever asks for it: commands, or the hosts behind a jump host. */
interface Entry {
  readonly key: string;
  link?: Link;
  opening?: Opening;
  users: number;
  released: boolean;
  idle?: NodeJS.Timeout;
}

class ConnectionPool implements Pool {
  private readonly entries = new Map<string, Entry>();
  private closing = false;

  constructor(
    private readonly open: Opener,
    private readonly idleMs: number,
  ) {}

  readonly connect: Connect = async (target, signal) => {
    const route = routeTo(target);
    const share = await this.borrow(route, target.access, signal);
    const { link, entry } = share;
    share.giveBack();
    return {
      exec: async (command, streams, abort) => {
        const done = this.use(entry);
        try {
          return await link.exec(command, streams, abort);
        } finally {
          done();
        }
      },
      get closed() {
        return link.closed;
      },
      close: () => link.close(),
    };
  };

  release(target: SshTarget): void {
    const entry = this.entries.get(keyOf(routeTo(target), target.access));
    if (!entry) return;
    entry.released = true;
    this.settle(entry);
  }

  async close(): Promise<void> {
    this.closing = true;
    const ending = sshError("connectionLost", {
      seen: "this worker closes its connections",
      facts: { host: "the host" },
    });
    const entries = [...this.entries.values()];
    for (const entry of entries) {
      entry.opening?.abort.abort(ending);
      this.drop(entry);
    }
    await Promise.all(
      entries.map(
        ({ link }) =>
          new Promise<void>((done) => (link ? link.onClosed(done) : done())),
      ),
    );
  }

  async borrow(
    route: Route,
    access: SshAccess,
    signal?: AbortSignal,
  ): Promise<Share & { readonly entry: Entry }> {
    signal?.throwIfAborted();
    const entry = this.entryOf(keyOf(route, access));
    const giveBack = this.use(entry);
    try {
      const opened = await this.linkOf(entry, route, access, signal);
      return { ...opened, entry, giveBack };
    } catch (error) {
      giveBack();
      throw error;
    }
  }

  private entryOf(key: string): Entry {
    const entry = this.entries.get(key) ?? { key, users: 0, released: false };
    this.entries.set(key, entry);
    return entry;
  }

  private use(entry: Entry): () => void {
    entry.users++;
    entry.released = false;
    clearTimeout(entry.idle);
    let given = false;
    return () => {
      if (given) return;
      given = true;
      entry.users--;
      this.settle(entry);
    };
  }

  private async linkOf(
    entry: Entry,
    route: Route,
    access: SshAccess,
    signal?: AbortSignal,
  ): Promise<Opened> {
    if (entry.link && !entry.link.closed) {
      return { link: entry.link, spentMs: 0 };
    }
    if (!entry.opening || entry.opening.abort.signal.aborted) {
      entry.opening = this.startOpening(entry, route, access);
    }
    const { opening } = entry;
    opening.waiting++;
    try {
      return await orAborted(opening.opened, signal);
    } finally {
      // Only the last of those who wait may call the attempt off.
      if (--opening.waiting === 0) opening.abort.abort(signal?.reason);
    }
  }

  private startOpening(entry: Entry, route: Route, access: SshAccess): Opening {
    const abort = new AbortController();
    const borrow = this.borrow.bind(this);
    const opened = this.open({ route, access, borrow, signal: abort.signal });
    const opening: Opening = { opened, abort, waiting: 0 };
    opened
      .then(({ link }) => {
        // Everybody went away meanwhile, and perhaps others began anew: this one is nobody's.
        if (abort.signal.aborted) link.close();
        else entry.link = link;
      })
      .catch(() => undefined)
      .finally(() => {
        if (entry.opening === opening) delete entry.opening;
      });
    return opening;
  }

  private settle(entry: Entry): void {
    if (entry.users > 0) return;
    if (entry.released || this.closing || !entry.link || entry.link.closed) {
      this.drop(entry);
    } else {
      entry.idle = setTimeout(() => this.drop(entry), this.idleMs).unref();
    }
  }

  private drop(entry: Entry): void {
    clearTimeout(entry.idle);
    if (this.entries.get(entry.key) === entry) this.entries.delete(entry.key);
    entry.link?.close();
  }
}

function keyOf(route: readonly Hop[], access: SshAccess): string {
  return `${routeKey(route)} ${JSON.stringify(access)}`;
}
