import type { FreezeNotice } from "../../activities/freeze/port";
import type { PackedDesk } from "../gate/desk";
import type { PackedOverrides } from "../window/overrides";
import type { PackedWindow } from "../window/window";
import type { PackedEntries } from "./ledger";
import type { PreparedProcedure } from "./spec";
import type { ProcedureState } from "./state";

/** What a run hands to the next one of its chain; results of steps are part of it, so they stay small. */
export interface CarriedProcedure<Prepared extends PreparedProcedure> {
  readonly prepared: Prepared;
  readonly state: ProcedureState;
  readonly desk: PackedDesk;
  readonly ledger: PackedEntries;
  /** What the calendars said last. */
  readonly window?: PackedWindow | undefined;
  readonly overrides: PackedOverrides;
  /** What the run knew of freezes. */
  readonly freezes?: FreezeNotice | undefined;
}
