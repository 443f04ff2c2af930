import { defineQuery, defineSignal, defineUpdate } from "@temporalio/workflow";
import type { LockUpdates } from "../../activities/lock/port";
import type { LockTable } from "./state";

type Update<Name extends keyof LockUpdates> = ReturnType<
  typeof defineUpdate<
    LockUpdates[Name]["answer"],
    [LockUpdates[Name]["payload"]]
  >
>;

/** What the workflow that keeps locks is told, by activities of runs and by people. */
export const lockUpdates = {
  ask: defineUpdate("ask"),
  leave: defineUpdate("leave"),
  closed: defineUpdate("closed"),
  /** By a person: what was kept may be changed again. */
  release: defineUpdate("release"),
} as const satisfies { readonly [Name in keyof LockUpdates]: Update<Name> };

/** The same by Signal, which the server can attribute to its sender. */
export const releaseSignal =
  defineSignal<[LockUpdates["release"]["payload"]]>("release");

/** Who holds, keeps and waits for what, in the order in which they asked. */
export const locksQuery = defineQuery<LockTable>("locks");

/** Tells a run to ask again, for its turn has come. It carries nothing, so to hear it twice or late does no harm. */
export const yourTurn = defineSignal("yourTurn");
