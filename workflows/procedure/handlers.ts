import { condition, setHandler } from "@temporalio/workflow";
import type { StepProgress } from "../../activities/progress/port";
import { FreezeWatch } from "../freeze/freeze-watch";
import { type Desk, type GateApprovals, openDesk } from "../gate/desk";
import { Handled } from "../gate/handled";
import { hearCalls } from "../lock/take-lock";
import { Ledger } from "../rollout/ledger";
import { calendarChanged } from "../window/messages";
import { appendLedger } from "./calls";
import type { CarriedProcedure } from "./carried";
import type { ProcedureEntry } from "./ledger";
import { stepProgress } from "./messages";
import { type OperatedProcedure, openProcedureControls } from "./operator";
import type { PreparedProcedure } from "./spec";
import { ProcedureView } from "./view";

/** A run as its handlers see it. */
export interface Heard extends OperatedProcedure {
  readonly view: ProcedureView;
  readonly approvals: GateApprovals | undefined;
  /** As the activity of a step tells it. */
  hearProgress(progress: StepProgress): void;
  lookAtCalendars(): void;
  obeyFreezes(): void;
}

/** What a run hears with, from its first moment on. */
export interface Ears {
  readonly desk: Desk;
  readonly ledger: Ledger<ProcedureEntry>;
  readonly freezes: FreezeWatch;
  /** How often the run was called to its turn. */
  readonly calls: () => number;
}

type Former = CarriedProcedure<PreparedProcedure> | undefined;

/** Call it first, before any await. @param run what hears, as soon as it is there */
export function openHandlers(
  carried: Former,
  run: () => Heard | undefined,
): Ears {
  const ledger = new Ledger<ProcedureEntry>(appendLedger, carried?.ledger);
  const handled = new Handled(carried?.desk.handled);
  const desk = openDesk({
    ...{ carried: carried?.desk, handled },
    approvals: () => run()?.approvals,
    onChange: () => run()?.view.changed(),
    onDecision: (decision) => ledger.record({ kind: "decision", decision }),
    onVote: (vote) => ledger.record({ kind: "vote", vote }),
    onRefusal: (refused) => ledger.record({ kind: "refused", refused }),
    onEvent: ({ at, text }) => ledger.record({ kind: "event", at, text }),
  });
  // What is said while the run is handed over waits for the successor.
  const ready = async (): Promise<void> => {
    if (carried !== undefined) await condition(() => run() !== undefined);
  };
  openProcedureControls({ desk, handled, ready, run });
  ProcedureView.openQueries(() => run()?.view);
  hearWorld(ready, run);
  const obey = (): void => run()?.obeyFreezes();
  const freezes = new FreezeWatch(obey, carried?.freezes);
  return { desk, ledger, freezes, calls: hearCalls() };
}

function hearWorld(
  ready: () => Promise<void>,
  run: () => Heard | undefined,
): void {
  setHandler(
    calendarChanged,
    async () => {
      await ready();
      run()?.lookAtCalendars();
    },
    { description: "The calendars were edited: they are asked again now." },
  );
  setHandler(stepProgress, (progress) => run()?.hearProgress(progress), {
    description: "Sent by the activity of a step that takes long.",
  });
}
