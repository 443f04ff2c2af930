import { identity } from "../../workflows/procedure/calls";
import type { CarriedProcedure } from "../../workflows/procedure/carried";
import type { EndOptions } from "../../workflows/procedure/options";
import { ProcedureRun } from "../../workflows/procedure/run";
import { looks } from "./calls";
import type { PreparedVerifyBackup } from "./contract";
import { runbookName } from "./ids";
import { beginGate, chosenLevels } from "./plan";
import { sectionsOf } from "./sections";
import { type VerifyBackupStepId, verifyBackupSteps } from "./steps";

export type VerifyRun = ProcedureRun<VerifyBackupStepId, PreparedVerifyBackup>;
export type CarriedVerifyRun = CarriedProcedure<PreparedVerifyBackup>;

export function openRun(
  input: unknown,
  carried: CarriedVerifyRun | undefined,
): Promise<VerifyRun> {
  return ProcedureRun.open<VerifyBackupStepId, PreparedVerifyBackup>({
    runbook: runbookName,
    steps: ({ plan, isScheduled }) => {
      const { hasScratch } = chosenLevels(plan.settings);
      return verifyBackupSteps({ hasScratch, isScheduled });
    },
    prepare: () => looks.prepareVerifyBackup({ input, ...identity() }),
    carried,
  });
}

/** In the runbook's own words, where it has better ones, with what was measured. */
export function endOf(run: VerifyRun): EndOptions {
  const { decisions, course } = run.state;
  const sections = sectionsOf(run);
  if (decisions[beginGate]?.choice === "deny")
    return { outcome: "denied", sections };
  const isGivenUp =
    run.prepared.isScheduled &&
    course.kind === "rolling back" &&
    hasFailed(run);
  return isGivenUp ? { outcome: "failed", sections } : { sections };
}

/** A step that was cut by a failure, and not by somebody's word. */
const hasFailed = ({ state }: VerifyRun): boolean =>
  Object.values(state.steps).some(
    (step) => step.kind === "cut" && step.failure !== undefined,
  );
