import type { z } from "zod";
import { describeFaults, type Fault, faultsOf } from "../../activities/faults";
import { idSchema } from "../../activities/inventory/port";
import type { Runbook } from "../../runbooks/registry";
import { FIRING_LENGTH } from "../../workflows/run-id";
import { type Times, timesSchema } from "./times";

export interface TimeFlags {
  readonly at?: readonly string[];
  readonly tz?: string;
  readonly window?: string;
}

/** What a Schedule shall open, and when. */
export interface ScheduleOrder {
  /** Of the Schedule; the id of each run begins with it. */
  readonly id: string;
  readonly summary: string;
  readonly times: Times;
}

/** Judges flags and input together, so that one answer tells every fault of both. @throws input.invalid */
export function scheduleOrder(
  runbook: Runbook,
  input: unknown,
  { at, tz, window }: TimeFlags,
): ScheduleOrder {
  const flags = { "--at": at, "--tz": tz, "--window": window };
  const times = timesSchema.safeParse(flags);
  const wrong = [
    ...faultsIn(timesSchema, flags),
    ...faultsIn(runbook.input, input),
    ...changeFaults(input),
  ];
  if (!times.success || wrong.length > 0)
    throw describeFaults(wrong, { system: "input", what: "schedule" });
  const { workflowId, summary } = runbook.describe(input);
  return { id: workflowId, summary, times: times.data };
}

function faultsIn(schema: z.ZodType, value: unknown): Fault[] {
  const { error } = schema.safeParse(value);
  return error === undefined ? [] : faultsOf(error, { schema, value });
}

/** Each run's change ends with its time, and must be an id all the same. */
function changeFaults(input: unknown): Fault[] {
  const { change } = (input ?? {}) as { readonly change?: unknown };
  const isId = (text: string): boolean => idSchema.safeParse(text).success;
  if (typeof change !== "string" || !isId(change)) return [];
  if (isId(change + "Z".repeat(FIRING_LENGTH))) return [];
  const found = `${change.length} characters`;
  const expected = `${FIRING_LENGTH} fewer than of another change, for the time of each run`;
  return [{ path: "change", found, expected }];
}
