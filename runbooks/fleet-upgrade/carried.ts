import type { FreezeNotice } from "../../activities/freeze/port";
import type { PackedDesk } from "../../workflows/gate/desk";
import type { PackedLedger } from "../../workflows/rollout/ledger";
import type { PackedRollout } from "../../workflows/rollout/pack";
import type { PackedOverrides } from "../../workflows/window/overrides";
import type { PackedWindow } from "../../workflows/window/window";
import type { WatchedWindow } from "./at-close";
import type { RunContext } from "./calls";
import type { PreparedFleetUpgrade } from "./contract";
import type { Progress } from "./parts";

/** What a run hands to the next one of its chain; small, whatever the size of the fleet. */
export interface CarriedFleetRun {
  readonly prepared: PreparedFleetUpgrade;
  readonly context: RunContext;
  readonly rollout: PackedRollout;
  readonly desk: PackedDesk;
  readonly ledger: PackedLedger;
  readonly progress: Progress;
  /** What the calendars said last; of a target that keeps to some. */
  readonly window?: PackedWindow | undefined;
  readonly windowEnd?: WatchedWindow | undefined;
  /** Work out of window, asked for or granted. */
  readonly overrides?: PackedOverrides | undefined;
  /** What the run knew of freezes. */
  readonly freezes?: FreezeNotice | undefined;
}
