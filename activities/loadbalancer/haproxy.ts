import { fill } from "../host/template";
import { pause } from "../ssh/abort";
import { balancerError } from "./errors";
import {
  isUp,
  readFigures,
  readServers,
  type ServerFigures,
  type ServerRow,
} from "./haproxy-replies";
import type { Place } from "./place";
import type { Balancer, BalancerCall } from "./port";
import type { Standing } from "./room";
import type { RuntimeApi } from "./runtime-api";

type Settings = Extract<Balancer, { haproxy: unknown }>["haproxy"];

type State = "drain" | "maint" | "ready";

const firstPollMs = 100;
const lastPollMs = 1_000;

/** A host's server behind one HAProxy or several. */
export class HaproxyPlace implements Place {
  readonly queue: string;
  readonly backend: string;
  readonly maxOut: Settings["maxOut"];
  readonly turnTimeoutMs: number;
  readonly #server: string;
  readonly #sides: readonly Side[];

  /** @throws balancer.badName */
  constructor(
    private readonly settings: Settings,
    private readonly call: BalancerCall,
    apiOf: (socket: string) => RuntimeApi,
  ) {
    const filled = (text: string): string => fill(text, call.values);
    const sockets = settings.sockets.map(filled);
    this.backend = requireName("backend", filled(settings.backend));
    this.#server = requireName("server", filled(settings.server));
    this.maxOut = settings.maxOut;
    this.turnTimeoutMs = settings.turnTimeoutS * 1_000;
    this.queue = JSON.stringify(["haproxy", this.backend, ...sockets]);
    this.#sides = sockets.map(
      (socket) =>
        new Side(apiOf(socket), this.backend, this.#server, call.signal),
    );
  }

  look(): Promise<readonly Standing[]> {
    return Promise.all(this.#sides.map((side) => side.standing()));
  }

  /** Leaves alone where it is out by a person's word or an earlier visit: `drain` would end a maintenance. */
  async takeOut(): Promise<() => Promise<void>> {
    const changed: Side[] = [];
    for (const side of this.#sides) {
      if (side.forced !== undefined) continue;
      changed.push(side);
      await side.set("drain");
    }
    return async () => {
      for (const side of changed) await side.set("ready");
    };
  }

  async awaitEmpty(): Promise<number> {
    const { signal, report } = this.call;
    const deadline = Date.now() + this.settings.drainTimeoutS * 1_000;
    let emptyBefore = false;
    for (let pollMs = firstPollMs; ; pollMs = grown(pollMs)) {
      const left = await this.#sessions();
      // Twice in a row: a request may stand between the choice of its server and its session there.
      if (left === 0 && emptyBefore) return 0;
      emptyBefore = left === 0;
      const leftMs = deadline - Date.now();
      if (leftMs <= 0) return left === 0 ? 0 : this.#cutOff(left);
      report(`drains, ${sessionWords(left)} left`);
      await pause(Math.min(emptyBefore ? firstPollMs : pollMs, leftMs), signal);
    }
  }

  async putBack(): Promise<void> {
    const { signal, report, hostId } = this.call;
    const { upTimeoutS } = this.settings;
    const deadline = Date.now() + upTimeoutS * 1_000;
    for (let pollMs = firstPollMs; ; pollMs = grown(pollMs)) {
      const down = await this.#notUp();
      if (down.length === 0) return;
      const leftMs = deadline - Date.now();
      if (leftMs <= 0)
        throw balancerError("neverUp", {
          seen: `${this.backend}/${this.#server} was not up within ${upTimeoutS} s: ${down.join("; ")}`,
          facts: { host: hostId },
        });
      report(`back, not up yet: ${down.join("; ")}`);
      await pause(Math.min(pollMs, leftMs), signal);
    }
  }

  async #sessions(): Promise<number> {
    const figures = await Promise.all(
      this.#sides.map((side) => side.keepOut()),
    );
    return figures.reduce((sum, { sessions }) => sum + sessions, 0);
  }

  /**
   * Clients that stick to a server are sent to one that drains, too, so waiting longer would not help: in maintenance
   * it gets nobody, and its open sessions stay as they are.
   */
  async #cutOff(left: number): Promise<number> {
    for (const side of this.#sides) await side.set("maint");
    this.call.report(
      `${sessionWords(left)} left at the deadline, goes on without them`,
    );
    return left;
  }

  async #notUp(): Promise<string[]> {
    const figures = await Promise.all(
      this.#sides.map((side) => side.bringIn()),
    );
    return figures.flatMap((figure, index) =>
      isUp(figure)
        ? []
        : [`${standingWords(figure)} at ${this.#sides[index]?.socket ?? ""}`],
    );
  }
}

/** The host's server at one HAProxy. */
class Side {
  #row: ServerRow | undefined;

  constructor(
    private readonly api: RuntimeApi,
    private readonly backend: string,
    private readonly server: string,
    private readonly signal: AbortSignal,
  ) {}

  get socket(): string {
    return this.api.socket;
  }

  get forced(): ServerRow["forced"] {
    return this.#row?.forced;
  }

  async standing(): Promise<Standing> {
    const rows = await this.#rows();
    const row = this.#own(rows);
    this.#row = row;
    // Backup servers carry nothing while others are up: they are counted among themselves.
    const fellows = rows.filter(({ isBackup }) => isBackup === row.isBackup);
    const others = fellows.filter(({ name }) => name !== this.server);
    return {
      balancer: this.api.socket,
      total: fellows.length,
      othersOut: others.filter(({ isOut }) => isOut).length,
      isOut: row.isOut,
    };
  }

  async set(state: State): Promise<void> {
    const answer = await this.#ask(this.#command(state));
    if (answer.trim() !== "") throw this.#refused(answer);
    this.#row &&= { ...this.#row, forced: forcedBy(state) };
  }

  /** HAProxy forgets what it was told when it is started anew or reads its configuration again: it is told each time. */
  async keepOut(): Promise<ServerFigures> {
    const row = await this.#known();
    return this.#figuresAfter(row.forced ?? "drain", row);
  }

  async bringIn(): Promise<ServerFigures> {
    return this.#figuresAfter("ready", await this.#known());
  }

  async #known(): Promise<ServerRow> {
    return (this.#row ??= this.#own(await this.#rows()));
  }

  async #rows(): Promise<ServerRow[]> {
    const answer = await this.#ask(
      `show servers state ${this.backend}`,
      `show stat ${this.backend} 4 -1`,
    );
    const rows = readServers(answer);
    if (rows === undefined) throw this.#refused(answer);
    return rows;
  }

  #own(rows: readonly ServerRow[]): ServerRow {
    const row = rows.find(({ name }) => name === this.server);
    if (row !== undefined) return row;
    throw this.#unknownServer();
  }

  async #figuresAfter(state: State, row: ServerRow): Promise<ServerFigures> {
    const known = await this.#figures(state, row);
    if (known !== undefined) return known;
    // Its number is another one since HAProxy read its configuration again.
    this.#row = this.#own(await this.#rows());
    const found = await this.#figures(state, this.#row);
    if (found !== undefined) return found;
    throw this.#unknownServer();
  }

  async #figures(
    state: State,
    { sid }: ServerRow,
  ): Promise<ServerFigures | undefined> {
    const answer = await this.#ask(
      this.#command(state),
      `show stat ${this.backend} 4 ${sid}`,
    );
    const figures = readFigures(answer);
    if (figures === undefined) throw this.#refused(answer);
    return figures.find(({ name }) => name === this.server);
  }

  #command(state: State): string {
    return `set server ${this.backend}/${this.server} state ${state}`;
  }

  #ask(...commands: readonly string[]): Promise<string> {
    return this.api.ask(commands, this.signal);
  }

  /** HAProxy refuses in words. */
  #refused(answer: string): Error {
    const socket = this.api.socket;
    const facts = { socket };
    if (/^Permission denied/m.test(answer))
      return balancerError("denied", {
        seen: `${socket} refuses to change a server's state`,
        facts,
      });
    if (/^(No such backend|Can't find backend|No such proxy)/m.test(answer))
      return balancerError("unknownBackend", {
        seen: `${socket} knows no backend ${this.backend}`,
        facts,
      });
    if (/^No such server/m.test(answer)) return this.#unknownServer();
    return balancerError("notUnderstood", {
      seen: `${socket} answered ${JSON.stringify(answer.trim().slice(0, 200))}`,
      facts,
    });
  }

  #unknownServer(): Error {
    return balancerError("unknownServer", {
      seen: `${this.api.socket} knows no server ${this.server} in backend ${this.backend}`,
    });
  }
}

/** Checked before it is sent: a space, a semicolon or a line end would be another command. */
function requireName(what: "backend" | "server", name: string): string {
  if (/^[A-Za-z0-9_.:-]+$/.test(name)) return name;
  throw balancerError("badName", {
    seen: `the name of the ${what} is ${JSON.stringify(name)}`,
    expected: "letters, digits, and . _ : - only",
  });
}

const forcedBy = (state: State): ServerRow["forced"] =>
  state === "ready" ? undefined : state;

const grown = (ms: number): number => Math.min(ms * 1.5, lastPollMs);

const sessionWords = (count: number): string =>
  count === 1 ? "1 session" : `${count} sessions`;

const standingWords = ({ status, check }: ServerFigures): string =>
  check === "" ? status : `${status} (${check})`;
