/** What a run of steps is put together from. */

import { workflowInfo } from "@temporalio/workflow";
import { Overrides } from "../window/overrides";
import type { Window } from "../window/window";
import * as calls from "./calls";
import { Core } from "./core";
import { FitWatch } from "./fit";
import type { Ears } from "./handlers";
import { ProcedureLock } from "./lock";
import type { OpenOptions } from "./options";
import { openWindow } from "./own-window";
import type { ProcedureProgress } from "./progress";
import { StepRunner } from "./runner";
import type { PreparedProcedure } from "./spec";
import type { Turn } from "./state";
import { Forward } from "./turn";
import { ProcedureView } from "./view";
import { Watches } from "./watches";

export interface RunParts {
  readonly core: Core;
  /** Absent: the run keeps to no calendar. */
  readonly window: Window | undefined;
  readonly overrides: Overrides;
  readonly runner: StepRunner;
  readonly watches: Watches;
  readonly forward: Forward;
  readonly view: ProcedureView;
}

/** The run as its parts reach it. */
interface Whole {
  turn(course: Turn): void;
  windowChanged(): void;
  progress(): ProcedureProgress;
}

/** Made at the beginning of each run of the chain; nothing begins by that. */
export function makeParts<
  Step extends string,
  Prepared extends PreparedProcedure,
>(
  { carried, onMilestone, runbook }: OpenOptions<Step, Prepared>,
  prepared: Prepared,
  ears: Ears,
  whole: Whole,
): RunParts {
  const { desk, ledger } = ears;
  const { digest, gateExpiresMs } = prepared;
  const core: Core = new Core(workflowInfo().startTime.getTime(), {
    ...{ ledger, carried: carried?.state, onMilestone },
    onChange: () => view.changed(),
  });
  const turn = (course: Turn): void => whole.turn(course);
  const shared = { core, desk, digest, gateExpiresMs, turn };
  const changed = (): void => whole.windowChanged();
  const window = prepared.keepsToCalendars
    ? openWindow({ ...shared, carried: carried?.window, changed })
    : undefined;
  const overrides = new Overrides({
    ...{ desk, window, digest, gateExpiresMs, carried: carried?.overrides },
    record: (override) => ledger.record({ kind: "override", override }),
    note: (text) => core.note(text),
  });
  const lock = new ProcedureLock({ core, prepared, calls: ears.calls });
  const fit = new FitWatch({ ...shared, ask: calls.calendarState });
  const runner = new StepRunner({ ...shared, lock, fit, window });
  const progress = (): ProcedureProgress => whole.progress();
  const view = new ProcedureView({ runbook, prepared, desk, progress });
  const watches = new Watches(shared);
  const forward = new Forward(shared);
  return { core, window, overrides, runner, watches, forward, view };
}
