import { isRunbookError } from "../errors";
import { pause } from "./abort";
import type { Link, OpenLink } from "./client";
import type { PolicyFor } from "./host-key-policy";
import type { SshAccess } from "./port";
import { routeKey, splitRoute, type Route } from "./route";
import { createSemaphore, type Leave, type Semaphore } from "./semaphore";

export interface OpenerOptions {
  readonly openLink: OpenLink;
  readonly policyFor: PolicyFor;
  /** First wait between two tries, doubled each time and spread by `random`; default 200 ms. */
  readonly retryDelayMs?: number;
  /** From 0 to 1, as Math.random. */
  readonly random?: () => number;
  /** Milliseconds. */
  readonly now?: () => number;
}

export interface Opened {
  readonly link: Link;
  /** What of `connectTimeoutMs` has gone into it. */
  readonly spentMs: number;
}

/** A share in the connection to a jump host. */
export interface Share extends Opened {
  giveBack(): void;
}

export interface OpenRequest {
  readonly route: Route;
  readonly access: SshAccess;
  readonly signal: AbortSignal;
  /** How the jump host before the last hop is had. */
  readonly borrow: (
    route: Route,
    access: SshAccess,
    signal: AbortSignal,
  ) => Promise<Share>;
}

export type Opener = (request: OpenRequest) => Promise<Opened>;

/** How often each failure is tried; whatever lasts longer is for the caller's retry policy. A refusal costs little. */
const triesOf: Readonly<Record<string, number>> = {
  "ssh.unreachable": 3,
  "ssh.connectionLost": 3,
  "ssh.handshakeRefused": 6,
};

/** Waits double up to this multiple of the first one. */
const longestDelay = 4;

/**
 * Opens the connection to the end of a route. Handshakes are counted at the door that they go through (the jump host, or
 * this worker's own network), because sshd drops what exceeds its MaxStartups. One that it dropped keeps its place at the
 * door while it waits, so that fewer come until sshd keeps up; tries are spread by chance, so that those it dropped
 * together do not come back together. `connectTimeoutMs` is for all hops and tries; waiting at a door or
 * between tries does not count.
 */
export function createOpener(options: OpenerOptions): Opener {
  const doors = new Map<string, Semaphore>();
  const { retryDelayMs = 200, random = Math.random, now = Date.now } = options;
  return async (request) => {
    const { route, access, signal } = request;
    const budget = createBudget(access.connectTimeoutMs, now);
    const place = createPlace(doorTo(route, doors), access.handshakes, signal);
    try {
      for (let tries = 1; ; tries++) {
        try {
          const link = await openOnce(request, options, budget, place);
          return { link, spentMs: budget.spentMs() };
        } catch (error) {
          const type = isRunbookError(error) ? error.type : "";
          const again = tries < (triesOf[type] ?? 1) && budget.leftMs() > 0;
          if (!again) throw error;
          if (type !== "ssh.handshakeRefused") place.leave();
        }
        const doubled = Math.min(2 ** (tries - 1), longestDelay);
        await pause(retryDelayMs * doubled * (0.5 + random()), signal);
      }
    } finally {
      place.leave();
    }
  };
}

function doorTo(route: Route, doors: Map<string, Semaphore>): Semaphore {
  const key = routeKey(route.slice(0, -1));
  const door = doors.get(key) ?? createSemaphore();
  doors.set(key, door);
  return door;
}

async function openOnce(
  { route, access, signal, borrow }: OpenRequest,
  { openLink, policyFor }: OpenerOptions,
  budget: Budget,
  place: Place,
): Promise<Link> {
  const { hop, jumps } = splitRoute(route);
  const share = jumps && (await borrow(jumps, access, signal));
  budget.spend(share?.spentMs ?? 0);
  try {
    const policy = await policyFor(hop, access.knownHosts);
    await place.take();
    const timeoutMs = Math.max(1, budget.leftMs());
    const request = { hop, access, policy, timeoutMs, signal };
    const link = await budget.time(() =>
      openLink(share ? { ...request, via: share.link } : request),
    );
    if (share) link.onClosed(() => share.giveBack());
    return link;
  } catch (error) {
    share?.giveBack();
    throw error;
  }
}

/** One caller's place at a door, taken and left as often as need be. */
interface Place {
  take(): Promise<void>;
  leave(): void;
}

function createPlace(
  door: Semaphore,
  limit: number,
  signal: AbortSignal,
): Place {
  let leave: Leave | undefined;
  return {
    async take() {
      leave ??= await door.enter(() => limit, signal);
    },
    leave() {
      leave?.();
      leave = undefined;
    },
  };
}

/** What is left of `connectTimeoutMs`. */
interface Budget {
  spend(ms: number): void;
  /** Spends the time that the work takes, whether it succeeds or fails. */
  time<T>(work: () => Promise<T>): Promise<T>;
  spentMs(): number;
  leftMs(): number;
}

function createBudget(limitMs: number, now: () => number): Budget {
  let spent = 0;
  return {
    spend: (ms) => void (spent += ms),
    async time(work) {
      const begun = now();
      try {
        return await work();
      } finally {
        spent += now() - begun;
      }
    },
    spentMs: () => spent,
    leftMs: () => limitMs - spent,
  };
}
