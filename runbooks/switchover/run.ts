import { ApplicationFailure, workflowInfo } from "@temporalio/workflow";
import type {
  AfterStop,
  Stopped,
  SwitchOrder,
} from "../../activities/postgres/switchover/port";
import { artifactFolder, identity } from "../../workflows/procedure/calls";
import type { CarriedProcedure } from "../../workflows/procedure/carried";
import { ProcedureRun } from "../../workflows/procedure/run";
import { looks, own } from "./calls";
import type { PreparedSwitchover, SwitchoverResult } from "./contract";
import { runbookName } from "./ids";
import { guardOrderOf, stepsOf } from "./plan-words";
import type { SwitchStepId } from "./steps";

export type SwitchRun = ProcedureRun<SwitchStepId, PreparedSwitchover>;
export type CarriedSwitchRun = CarriedProcedure<PreparedSwitchover>;

export function openRun(
  input: unknown,
  carried: CarriedSwitchRun | undefined,
): Promise<SwitchRun> {
  return ProcedureRun.open<SwitchStepId, PreparedSwitchover>({
    runbook: runbookName,
    steps: ({ plan }) => stepsOf(plan.settings),
    prepare: () =>
      own.prepareSwitchover({
        ...{ input, ...identity() },
        isChild: workflowInfo().parent !== undefined,
      }),
    carried,
  });
}

/** Looks at both servers and touches nothing; the plan is the result, whatever the guards say. */
export async function planned({
  prepared,
}: SwitchRun): Promise<SwitchoverResult> {
  const checks = await looks.guards(guardOrderOf(prepared));
  const { text, document } = await own.describeSwitchover({
    ...{ folder: artifactFolder(), prepared, checks },
  });
  return { outcome: "planned", counts: {}, plan: document, text };
}

/** What every activity of the switch is told. */
export const orderOf = ({
  prepared: { run, plan },
}: SwitchRun): SwitchOrder => {
  const { primary, standby, bouncer } = plan;
  return { run, primary, standby, bouncer };
};

/** The same for all that comes behind the stop. */
export function afterStop(run: SwitchRun): AfterStop {
  const stopped = run.resultOf<Stopped>("stop");
  if (stopped !== undefined) return { ...orderOf(run), stopped };
  throw ApplicationFailure.nonRetryable(
    "nobody knows where the primary stopped",
    "switchover.notStopped",
  );
}
