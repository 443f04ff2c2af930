import { postgresError } from "../errors";
import { lookAtAttempts } from "./attempts";
import type { Programs } from "../port";
import { jobsOf } from "./keys";
import type { BackupPorts } from "./parts";
import type { AttemptOrder, Stopped } from "./port";
import { defaultWalsenderMs, endWalsenders } from "./walsenders";

/** Ends what an attempt runs: on the hosts by process group, then what the primary still has of it. */
export async function stopAttempt(
  { sql, programs, walsenderMs = defaultWalsenderMs }: BackupPorts,
  order: AttemptOrder,
  signal?: AbortSignal,
): Promise<number> {
  const { run, primary } = order;
  for (const { server, key } of jobsOf(order))
    await programs.stopJob(server, key);
  await requireStopped(programs, order);
  return endWalsenders(sql, primary, run, walsenderMs, signal);
}

/** @throws postgres.stillRunning, ssh.* */
export async function requireStopped(
  programs: Programs,
  order: AttemptOrder,
): Promise<void> {
  for (const { server, key } of jobsOf(order))
    if (await programs.isJobRunning(server, key))
      throw postgresError("stillRunning", {
        seen: `the copy of attempt ${order.attempt} still runs on ${server.id}`,
        facts: { host: server.id, attempt: order.attempt },
      });
}

/** @see BackupActivities.stopBackup */
export async function stopBackup(
  deps: BackupPorts,
  order: AttemptOrder,
  signal: AbortSignal,
): Promise<Stopped> {
  const { run, replica, attempt: only } = order;
  const walsendersEnded = await stopAttempt(deps, order, signal);
  const look = { only, signal };
  const [seen] = await lookAtAttempts(deps.programs, replica, run, look);
  if (seen === undefined)
    return {
      ...{ attempt: only, folder: "absent", bytes: 0, tookMs: 0 },
      walsendersEnded,
    };
  const { done: _, ...sight } = seen;
  return { ...sight, walsendersEnded };
}
