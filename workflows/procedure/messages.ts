import { defineQuery, defineSignal } from "@temporalio/workflow";
import type { StepProgress } from "../../activities/progress/port";
import type { ProcedureProgress } from "./progress";

/** Sent by the activity of a step to its own run, now and then: percent, bytes, and when it ends. */
export const stepProgress = defineSignal<[StepProgress]>("stepProgress");

/** Steps, holds and forecast. Undefined while the run still prepares. */
export const procedureQuery = defineQuery<ProcedureProgress | undefined>(
  "progress",
);
