import { defineSearchAttributeKey } from "@temporalio/common";
import { workflowInfo } from "@temporalio/workflow";

/** Set by the server on each run that a Schedule opens. */
const scheduledBy = defineSearchAttributeKey(
  "TemporalScheduledById",
  "KEYWORD",
);

/** The Schedule that opened this run; undefined for one that somebody started. */
export function scheduleOf(): string | undefined {
  return workflowInfo().typedSearchAttributes.get(scheduledBy);
}
