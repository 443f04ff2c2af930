import type { ChainStanding, RunRef } from "../runs/port";

/** Type of the workflow that keeps the locks of one target; its id is `lock:<target>`. */
export const lockType = "lock";

/** What a run wants to change alone. */
export interface LockAsk {
  readonly run: RunRef;
  /** Root of the chain of runs: runs of one holder do not exclude each other. */
  readonly holder: string;
  /** What the run is about, in one line. */
  readonly summary: string;
  /** Paths `target`, `target/pool` or `target/pool/host`. */
  readonly resources: readonly string[];
  /** How long it is thought to take; absent when nobody knows. */
  readonly expectedMs?: number | undefined;
}

/** One that has asked, and how it stands (`since` in milliseconds since the epoch). */
export interface LockEntry extends LockAsk {
  readonly standing:
    | { readonly kind: "waiting"; readonly since: number }
    /** Its turn has come, and it does not know yet. */
    | {
        readonly kind: "called";
        readonly since: number;
        readonly isTold: boolean;
      }
    | { readonly kind: "held"; readonly since: number }
    /** Its run is over and left hosts in doubt: until a person releases them. */
    | {
        readonly kind: "kept";
        readonly since: number;
        readonly reason: string;
      };
}

/** Who stands in the way, and since when (milliseconds since the epoch). */
export interface LockBlocker extends RunRef {
  readonly summary: string;
  /** Where it stands in the way; the first ten. */
  readonly resources: readonly string[];
  /** `held` by a run that goes on, `kept` after one that left hosts in doubt, `waiting` before us. */
  readonly kind: "held" | "kept" | "waiting";
  readonly since: number;
  /** Of a lock that is kept. */
  readonly reason?: string;
}

/** Nobody else holds it, or whom it waits for. */
export type LockAnswer =
  | { readonly kind: "held" }
  | {
      readonly kind: "waiting";
      /** 1: next in line. */
      readonly position: number;
      /** Until its turn, as far as those before it said how long they take. */
      readonly waitMs?: number;
      /** The first ten. */
      readonly blockers: readonly LockBlocker[];
    };

export interface LockLeave {
  readonly run: RunRef;
  /** Stay locked until a person releases them; absent: nothing is left in doubt. */
  readonly keep?: {
    readonly resources: readonly string[];
    readonly reason: string;
  };
}

/** A chain that is over, though it never left. */
export interface LockClosed {
  readonly run: RunRef;
  readonly end: Exclude<ChainStanding, "open">;
}

/** A person's word that what was kept, at the resource or below it, may be changed again. */
export interface LockRelease {
  readonly resource: string;
  readonly by: string;
  readonly reason: string;
}

/** Updates of the workflow that keeps locks. */
export interface LockUpdates {
  readonly ask: { readonly payload: LockAsk; readonly answer: LockAnswer };
  readonly leave: { readonly payload: LockLeave; readonly answer: string };
  readonly closed: { readonly payload: LockClosed; readonly answer: string };
  readonly release: { readonly payload: LockRelease; readonly answer: string };
}

export interface LockActivities {
  /** Asks for its turn, or asks again: a run that asks twice stands once in the line. Drops runs before it that are over. */
  askForLock(ask: LockAsk): Promise<LockAnswer>;
  /** Gives back what the run holds, or its place in the line. */
  leaveLock(leave: LockLeave & { readonly target: string }): Promise<void>;
}
