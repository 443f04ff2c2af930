import type { RunRef } from "../runs/port";

/** Type and id of the workflow that keeps the freezes of the whole installation. */
export const freezesType = "freezes";

/** A stop of all disruptive work at a scope, set by a person. */
export interface Freeze {
  readonly id: string;
  /** `all`, or a path `target`, `target/pool` or `target/pool/host`. */
  readonly scope: string;
  readonly by: string;
  readonly reason: string;
  /** Milliseconds since the epoch, as all times here. */
  readonly at: number;
  /** Ends by itself then; absent: when a person lifts it. */
  readonly until?: number;
  /** Without it hosts may be taken back all the while. */
  readonly blocksUndo?: true;
}

/** Repeated under the same id it changes nothing. */
export type FreezeOrder = Omit<Freeze, "at">;

export interface Unfreeze {
  readonly id: string;
  readonly by: string;
  readonly reason?: string;
}

/** Everything that holds a run now; a later version stands instead of an earlier one, whatever came first. */
export interface FreezeNotice {
  readonly version: number;
  readonly freezes: readonly Freeze[];
}

/** A run that wants to hear of freezes for as long as it is there. */
export interface Watcher {
  readonly run: RunRef;
  /** What it changes: paths as those of locks. */
  readonly resources: readonly string[];
}

/** Updates of the workflow that keeps freezes. */
export interface FreezeUpdates {
  /** Answered with the runs that it holds; one that was terminated may still be among them. */
  readonly freeze: {
    readonly payload: FreezeOrder;
    readonly answer: { readonly runs: readonly RunRef[] };
  };
  readonly unfreeze: { readonly payload: Unfreeze; readonly answer: string };
  readonly watch: { readonly payload: Watcher; readonly answer: FreezeNotice };
  readonly unwatch: {
    readonly payload: Pick<Watcher, "run">;
    readonly answer: string;
  };
}

/** What is frozen at this moment. */
export interface Freezes {
  /** Those that hold any of these paths. @throws the client's own errors */
  holding(resources: readonly string[]): Promise<readonly Freeze[]>;
}

export interface FreezeActivities {
  /** Has the run told of every change from now on; to ask twice is to ask once. @returns what holds it now */
  watchFreezes(watcher: Watcher): Promise<FreezeNotice>;
  unwatchFreezes(watcher: Pick<Watcher, "run">): Promise<void>;
}
