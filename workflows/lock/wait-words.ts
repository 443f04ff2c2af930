import type { LockBlocker } from "../../activities/lock/port";
import type { LockWait } from "./take-lock";
import { resourcesInWords } from "./words";

/** For whom a run waits, in one line. */
export function waitInWords({
  position,
  waitMs,
  blockers,
}: Omit<LockWait, "kind">): string {
  const [first] = blockers;
  const time =
    waitMs === undefined
      ? ""
      : `, about ${Math.max(1, Math.round(waitMs / 60_000))} min`;
  const others = blockers.length - 1;
  const more = others > 0 ? `, and ${others} more before it` : "";
  const whom = first === undefined ? "" : `: ${blockerInWords(first)}${more}`;
  return `Waits for its lock, number ${position} in line${time}${whom}`;
}

function blockerInWords({
  workflowId,
  resources,
  kind,
  since,
  reason = "",
}: LockBlocker): string {
  const where = resourcesInWords(resources);
  const time = new Date(since).toISOString().replace(/\.\d+Z$/, "Z");
  if (kind !== "kept")
    return `${where} ${kind === "held" ? "is held by" : "is waited for by"} ${workflowId} since ${time}`;
  return `${where} is kept since ${time} after ${workflowId}: ${reason}; look at the hosts, then: runbook locks release ${resources[0] ?? ""} --reason "..."`;
}
