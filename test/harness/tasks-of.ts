import type { WorkflowHandle } from "@temporalio/client";

/** What the server knows of a run that does not answer: the task that it waits for, and those that failed. */
export async function tasksOf(
  handle: Pick<WorkflowHandle, "describe" | "fetchHistory">,
): Promise<string> {
  const { raw, status } = await handle.describe();
  const { events } = await handle.fetchHistory();
  const failed = (events ?? []).flatMap((event) => {
    const { workflowTaskFailedEventAttributes: failure } = event;
    if (failure)
      return [`${String(event.eventId)} failed: ${failure.failure?.message}`];
    return event.workflowTaskTimedOutEventAttributes
      ? [`${String(event.eventId)} timed out`]
      : [];
  });
  const { attempt } = raw.pendingWorkflowTask ?? {};
  return [
    `${status.name}, ${events?.length} events`,
    attempt === undefined ? "no task waits" : `its task: attempt ${attempt}`,
    ...failed,
  ].join("; ");
}
