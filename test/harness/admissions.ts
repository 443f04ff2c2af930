import type { WorkflowHandle } from "@temporalio/client";

/** When the newest visit of this run was admitted, by the server's clock; milliseconds since the epoch. */
export async function lastAdmission(
  handle: Pick<WorkflowHandle, "fetchHistory">,
): Promise<number> {
  const { events } = await handle.fetchHistory();
  const admissions = (events ?? []).filter(
    ({ activityTaskScheduledEventAttributes: scheduled }) =>
      scheduled?.activityType?.name === "visitHost",
  );
  const at = admissions.at(-1)?.eventTime;
  return Number(at?.seconds ?? 0) * 1_000 + (at?.nanos ?? 0) / 1_000_000;
}
