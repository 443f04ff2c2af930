import type { Backup } from "../../activities/postgres/backup/port";
import type { RoundTrip } from "../../activities/postgres/standby/port";
import { type ReadyPrimary, watchOver } from "./back-up";
import { changes, jobs } from "./calls";
import { type Measurement, measureAgain } from "./measure";
import type { ReplicaRun } from "./run";

/** The verified files become the replica's data directory, and a server that streams starts from them. */
export async function startStandby(
  run: ReplicaRun,
  measured: Measurement,
  backup: Backup,
  ready: ReadyPrimary,
): Promise<void> {
  const { run: mark, plan } = run.prepared;
  const { primary, replica } = plan;
  const { slot } = ready.slot;
  const order = { run: mark, primary, replica, backup, slot };
  ready.unwatch();
  const unwatch = watchOver(run, { ...ready, needsLsn: backup.endLsn });
  await run.step("publish", async () => {
    await measureAgain(run, measured, usedByNow);
    return changes.publishStandby(order);
  });
  unwatch();
  watchOver(run, ready);
  await run.step("start", () =>
    jobs.startStandby({ run: mark, server: replica }),
  );
}

/** The run itself has taken what these measure. */
const usedByNow = [
  ...["free slots", "free walsenders", "other slots"],
  ...["space for copies", "space for wal", "slot cap", "target folder"],
];

/** Caught up by bytes and seconds, and by a row that was written for it. */
export async function catchUp(run: ReplicaRun): Promise<RoundTrip | undefined> {
  const { run: mark, plan } = run.prepared;
  const { primary, replica, settings } = plan;
  const { bytes, seconds, samples, everyS } = settings.lag;
  const pair = { run: mark, primary, replica };
  await run.step("lag", async () => {
    const gate = { bytes, seconds, samples, intervalMs: everyS * 1_000 };
    for (;;) {
      const seen = await jobs.watchLag({ ...pair, gate });
      if (seen.verdict === "caught up") return seen;
      run.note(`the standby is behind: ${seen.reason}`);
    }
  });
  return run.step("round-trip", () => changes.sentinelRoundTrip(pair));
}

/** Only where the input asks for it, and only of a standby that has caught up. */
export async function letCommitsWait(run: ReplicaRun): Promise<void> {
  const { run: mark, plan } = run.prepared;
  const { primary, replica, settings } = plan;
  if (!settings.synchronous) return;
  const { bytes, seconds } = settings.lag;
  await run.step("synchronous", () =>
    changes.setSynchronous({
      ...{ run: mark, primary, replica, gate: { bytes, seconds } },
    }),
  );
}
