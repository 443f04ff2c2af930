import type { temporal } from "@temporalio/proto";
import type { OwnSide, RunHandle } from "./ours";

export type HistoryEvent = temporal.api.history.v1.IHistoryEvent;

/** The events of every run of a chain that continued as new, from its first run on. */
export async function chainOf(
  { client }: Pick<OwnSide, "client">,
  { workflowId, firstExecutionRunId }: RunHandle,
): Promise<readonly (readonly HistoryEvent[])[]> {
  const runs: HistoryEvent[][] = [];
  let next: string | undefined = firstExecutionRunId;
  while (next !== undefined) {
    const events = await eventsOf(client, workflowId, next);
    runs.push(events);
    next = nextRunId(events.at(-1));
  }
  return runs;
}

async function eventsOf(
  client: OwnSide["client"],
  workflowId: string,
  runId: string,
): Promise<HistoryEvent[]> {
  const handle = client.workflow.getHandle(workflowId, runId);
  const { events } = await handle.fetchHistory();
  return events ?? [];
}

function nextRunId(last: HistoryEvent | undefined): string | undefined {
  const end = last?.workflowExecutionContinuedAsNewEventAttributes;
  return end?.newExecutionRunId ?? undefined;
}

/** Milliseconds since the epoch. */
export function timeOf({ eventTime }: HistoryEvent): number {
  const { seconds = 0, nanos = 0 } = eventTime ?? {};
  return Number(seconds) * 1_000 + Number(nanos) / 1e6;
}

/** The host that a scheduled visit is for; undefined for any other event. */
export function visitedHost(event: HistoryEvent): string | undefined {
  const scheduled = event.activityTaskScheduledEventAttributes;
  if (scheduled?.activityType?.name !== "visitHost") return undefined;
  const [payload] = scheduled.input?.payloads ?? [];
  const text = Buffer.from(payload?.data ?? []).toString("utf8");
  return (JSON.parse(text) as { hostId?: string }).hostId;
}

/** The worker that scheduled the activity, `pid@machine`. */
export function deciderOf(
  scheduled: HistoryEvent,
  events: readonly HistoryEvent[],
): string | undefined {
  const task =
    scheduled.activityTaskScheduledEventAttributes
      ?.workflowTaskCompletedEventId;
  // Events of one run are counted from 1 without a gap.
  const decided = events[Number(task ?? 0) - 1];
  return decided?.workflowTaskCompletedEventAttributes?.identity ?? undefined;
}
