import { TemporalFailure } from "@temporalio/common";
import { failureOf } from "../failure-of";
import type { StepFailure } from "./state";

/** What the work of a step failed with. @throws the error itself where it is a fault of workflow code, which newer code mends */
export function stepFailureOf(error: unknown): StepFailure {
  if (!(error instanceof TemporalFailure)) throw error;
  const { type, message } = failureOf(error);
  return { type: type === "visit.timedOut" ? "step.timedOut" : type, message };
}
