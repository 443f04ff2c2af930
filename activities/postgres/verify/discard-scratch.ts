import { failureOfExit } from "../../ssh/job-failure";
import { removeOwned } from "../guarded-removal";
import { ownerLine } from "../owned-folder";
import type { DiscardOrder } from "./port";
import { scratchPlace } from "./scratch-place";
import { killScript } from "./scratch-script";
import { lookMs, serverOf, type VerifyWork } from "./work";

/** What may still read the backup or the copy when a run ends early. */
const steps = [
  "verify-checksums",
  "verify-wal",
  "scratch-open",
  "amcheck",
  "dump",
  "pages",
] as const;

/**
 * Ends a scratch instance, with the jobs of its generation, and removes its copy under guard; may be repeated, also for one that never started.
 *
 * @param n of the scratch folder: the generation that it was opened in
 * @throws postgres.notOurs, ssh.*
 */
export async function discardScratch(
  { deps, signal }: VerifyWork,
  order: DiscardOrder,
): Promise<"removed" | "absent"> {
  const { run, replica, n, backup } = order;
  const { path, socketFolder } = scratchPlace(replica, run, n);
  const server = serverOf(order);
  for (const step of steps)
    await deps.programs.stopJob(
      server,
      `${run.rootRunId}/${replica.id}/${step}/${n}`,
    );
  const ended = await deps.programs.script(server, {
    script: killScript,
    args: [
      ...[path, socketFolder],
      ownerLine(run, replica, backup.systemIdentifier),
    ],
    ...{ timeoutMs: lookMs, signal },
  });
  const failure = failureOfExit(ended, "pg_ctl stop", replica.id);
  if (failure !== undefined) throw failure;
  return removeOwned(deps.programs, server, {
    ...{ run, kind: "scratch", n },
    ...{ systemIdentifier: backup.systemIdentifier, signal },
  });
}
