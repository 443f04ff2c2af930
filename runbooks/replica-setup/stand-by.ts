import { ApplicationFailure } from "@temporalio/workflow";
import type { Backup } from "../../activities/postgres/backup/port";
import type { RoundTrip } from "../../activities/postgres/standby/port";
import { type ReadyPrimary, watchOver } from "./back-up";
import { changes, jobs } from "./calls";
import { type Measurement, measureAgain } from "./measure";
import { type ReplicaRun, serversOf } from "./run";

/** The verified files become the replica's data directory, and a server that streams starts from them. */
export async function startStandby(
  run: ReplicaRun,
  measured: Measurement,
  backup: Backup,
  ready: ReadyPrimary,
): Promise<void> {
  const { run: mark } = run.prepared;
  const { primary, replica } = serversOf(run);
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

/** A standby that replays for hours is told of this often; one that is not connected is looked at sooner. */
const behindMs = 60_000;
const awayMs = 15_000;
/** Looks at a standby that is not connected, each after it was started again. */
const mostAway = 3;

const notConnected = (reason: string): ApplicationFailure =>
  ApplicationFailure.nonRetryable(
    `the standby does not connect: ${reason}\nhint: Read its log on the replica's host, and see whether its slot is there; then retry.`,
    "postgres.notConnected",
  );

/** Caught up by bytes and seconds, and by a row that was written for it. */
export async function catchUp(run: ReplicaRun): Promise<RoundTrip | undefined> {
  const { run: mark, plan } = run.prepared;
  const { primary, replica } = serversOf(run);
  const { settings } = plan;
  const { bytes, seconds, samples, everyS } = settings.lag;
  const pair = { run: mark, primary, replica };
  await run.step("lag", async () => {
    const gate = { bytes, seconds, samples, intervalMs: everyS * 1_000 };
    for (let away = 0; ;) {
      const withinMs = away > 0 ? awayMs : behindMs;
      const seen = await jobs.watchLag({ ...pair, gate, withinMs });
      if (seen.verdict === "caught up") return seen;
      run.note(`the standby is behind: ${seen.reason}`);
      away = seen.bytes === undefined ? away + 1 : 0;
      if (away > mostAway) throw notConnected(seen.reason);
      // It may have been ended, or its host may have booted: a server that runs is left as it is.
      if (away > 0) await jobs.startStandby({ run: mark, server: replica });
    }
  });
  return run.step("round-trip", () => changes.sentinelRoundTrip(pair));
}

/** Only where the input asks for it, and only of a standby that has caught up. */
export async function letCommitsWait(run: ReplicaRun): Promise<void> {
  const { run: mark, plan } = run.prepared;
  const { primary, replica } = serversOf(run);
  const { settings } = plan;
  if (!settings.synchronous) return;
  const { bytes, seconds } = settings.lag;
  await run.step("synchronous", () =>
    changes.setSynchronous({
      ...{ run: mark, primary, replica, gate: { bytes, seconds } },
    }),
  );
}
