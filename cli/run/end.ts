import {
  ApplicationFailure,
  WorkflowFailedError,
  type WorkflowExecutionDescription,
  type WorkflowHandle,
} from "@temporalio/client";
import { z } from "zod";
import { exitOf } from "../exit-codes";
import type { RunEnd } from "./observation";

/** What every runbook's result holds; each has more of its own. */
const artifactSchema = z.object({
  key: z.string(),
  sha256: z.string(),
  bytes: z.number(),
});
export const reportSchema = z.object({
  json: artifactSchema,
  markdown: artifactSchema,
  csv: artifactSchema,
});
const resultSchema = z.object({
  outcome: z.string(),
  counts: z.record(z.string(), z.number()).optional(),
  plan: artifactSchema.optional(),
  report: reportSchema.optional(),
  text: z.string().optional(),
});
export type RunResult = z.output<typeof resultSchema>;

const endedWell: readonly string[] = ["template", "planned", "completed"];

/** What a run of ours returned; undefined when it returned something else. @throws what the run failed with */
export async function resultOf(
  handle: WorkflowHandle,
): Promise<RunResult | undefined> {
  const { data } = resultSchema.safeParse(await handle.result());
  return data;
}

/** How a closed run ended; undefined while it goes on. */
export async function endOf(
  handle: WorkflowHandle,
  { status }: Pick<WorkflowExecutionDescription, "status">,
): Promise<RunEnd | undefined> {
  switch (status.name) {
    case "RUNNING":
    case "PAUSED":
    case "CONTINUED_AS_NEW":
    case "UNSPECIFIED":
      return undefined;
    case "COMPLETED":
      return endOfCompleted(await resultOf(handle));
    case "FAILED":
      return endOfFailed(await failureOf(handle));
    case "CANCELLED":
      return { outcome: "cancelled", exit: "endedBadly" };
    case "TERMINATED":
      return { outcome: "terminated from outside", exit: "endedBadly" };
    case "TIMED_OUT":
      return { outcome: "timed out", exit: "endedBadly" };
    case "UNKNOWN":
      return { outcome: "ended", exit: "endedBadly" };
  }
}

function endOfCompleted(result: RunResult | undefined): RunEnd {
  if (result === undefined) return { outcome: "completed", exit: "ok" };
  const { outcome, counts, text } = result;
  return {
    outcome,
    exit: endedWell.includes(outcome) ? "ok" : "endedBadly",
    ...(counts && { counts }),
    ...(text !== undefined && { text }),
  };
}

/** Bad input ends a run before its first effect: that is the caller's fault, not the run's. */
function endOfFailed(failure: NonNullable<RunEnd["failure"]>): RunEnd {
  const exit = exitOf(failure.type);
  return {
    outcome: "failed",
    exit: exit === "badInput" ? exit : "endedBadly",
    failure,
  };
}

async function failureOf(
  handle: WorkflowHandle,
): Promise<NonNullable<RunEnd["failure"]>> {
  try {
    await handle.result();
  } catch (error) {
    return deepest(error);
  }
  return { type: "unknown", message: "the run failed without a word" };
}

/** The failure that a workflow, its activity and the SDK have wrapped into one another. */
function deepest(error: unknown): NonNullable<RunEnd["failure"]> {
  let found: unknown = error;
  while (
    found instanceof Error &&
    found.cause instanceof Error &&
    (found instanceof WorkflowFailedError ||
      !(found instanceof ApplicationFailure))
  )
    found = found.cause;
  const message = found instanceof Error ? found.message : String(found);
  const type = found instanceof ApplicationFailure ? found.type : undefined;
  return { type: type ?? "unknown", message };
}
