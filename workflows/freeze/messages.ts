import { defineQuery, defineSignal, defineUpdate } from "@temporalio/workflow";
import type {
  Freeze,
  FreezeNotice,
  FreezeOrder,
  FreezeUpdates,
  Unfreeze,
  Watcher,
} from "../../activities/freeze/port";

type Update<Name extends keyof FreezeUpdates> = ReturnType<
  typeof defineUpdate<
    FreezeUpdates[Name]["answer"],
    [FreezeUpdates[Name]["payload"]]
  >
>;

/** What the workflow that keeps freezes is told, by people and by activities of runs. */
export const freezeUpdates = {
  freeze: defineUpdate("freeze"),
  unfreeze: defineUpdate("unfreeze"),
  watch: defineUpdate("watch"),
  unwatch: defineUpdate("unwatch"),
} as const satisfies { readonly [Name in keyof FreezeUpdates]: Update<Name> };

/** The same by Signal, which the server can attribute to its sender. */
export const freezeSignals = {
  freeze: defineSignal<[FreezeOrder]>("freeze"),
  unfreeze: defineSignal<[Unfreeze]>("unfreeze"),
} as const;

/** In the order in which they were set; of some paths those that hold any of them. */
export const freezesQuery = defineQuery<
  readonly Freeze[],
  [resources?: readonly string[]]
>("freezes");

/** Every run that hears of freezes, also one that was terminated since. */
export const watchersQuery = defineQuery<readonly Watcher[]>("watchers");

/** Told to each run that watches, when what holds it has changed. */
export const freezesChanged = defineSignal<[FreezeNotice]>("freezesChanged");
