import { createSql } from "../../../activities/postgres/client";
import { lsnOf } from "../../../activities/postgres/lsn";
import type {
  PostgresServer,
  RunMark,
} from "../../../activities/postgres/port";
import { nameOf, runMark } from "../../../activities/postgres/run-mark";
import { createSlot } from "../../../activities/postgres/slot/create-slot";
import { sentinelRoundTrip } from "../../../activities/postgres/standby/round-trip";
import { standbySight } from "../../../activities/postgres/standby/sight";
import {
  setSynchronous,
  unsetSynchronous,
} from "../../../activities/postgres/standby/synchronous";
import { watchLag } from "../../../activities/postgres/standby/watch-lag";
import {
  recoveryOf,
  writableOf,
} from "../../../activities/postgres/switchover/ask";
import {
  proveReceived,
  proveTimeline,
} from "../../../activities/postgres/switchover/promote";
import { stateQuery } from "../../../activities/postgres/verify/v5-restore";
import type { Cluster } from "../../../lab/postgres/cluster";
import {
  checkpointOf,
  copyByHand,
  makeStandby,
} from "../../harness/copy-by-hand";
import { describeWhen } from "../../harness/describe-when";
import {
  embedded,
  embeddedMissing,
  majors,
  noPrograms as programs,
  serverOf,
  type Embedded,
} from "../../harness/embedded";

const mb = 1_024 * 1_024;
const sql = createSql();
const gate = { bytes: mb, seconds: 5, samples: 2, intervalMs: 50 };

describeWhen(embeddedMissing())("a standby of every major", () => {
  it.each(majors)(
    "of PostgreSQL %i catches up, is watched, and takes over on a timeline of its own",
    async (major) => {
      const origin = await embedded(major);
      try {
        const pair = await startPair(major, origin);
        await followed(pair);
        await takenOver(major, origin.cluster, pair);
      } finally {
        await origin.stop();
      }
    },
  );
});

interface Pair {
  readonly run: RunMark;
  readonly primary: PostgresServer;
  readonly replica: PostgresServer;
  readonly slot: string;
}

async function startPair(
  major: (typeof majors)[number],
  origin: Embedded,
): Promise<Pair> {
  const run = runMark({ workflowId: "majors", rootRunId: String(major) });
  const primary = serverOf("primary", origin, origin.cluster);
  const { slot } = await createSlot({ sql, run, primary, capBytes: 256 * mb });
  const copy = await origin.another("replica");
  await copyByHand(major, origin, copy);
  await makeStandby(copy, {
    primary_conninfo: `host=${origin.cluster.socketFolder} port=${origin.cluster.port} user=repl application_name=${nameOf(run)}`,
    primary_slot_name: slot,
  });
  await copy.start();
  return { run, primary, slot, replica: serverOf("replica", origin, copy) };
}

async function followed({ run, primary, replica, slot }: Pair): Promise<void> {
  const order = { run, primary, replica, gate, slot };
  await expect(
    watchLag(sql, { ...order, withinMs: 20_000 }),
  ).resolves.toMatchObject({ verdict: "caught up" });
  const trip = await sentinelRoundTrip({ sql }, order);
  expect(lsnOf(trip.lsn)).toBeGreaterThan(0n);
  const first = await standbySight({ sql, programs }, order);
  expect(first.slot.standing).toBe("streaming");
  await setSynchronous({ sql }, order);
  const then = await standbySight(
    { sql, programs },
    { ...order, since: first.baseline },
  );
  expect(then.drift).toEqual([
    expect.stringContaining("synchronous_standby_names"),
  ]);
  await expect(unsetSynchronous({ sql }, order)).resolves.toBe("restored");
}

async function takenOver(
  major: number,
  origin: Cluster,
  { run, primary, replica }: Pair,
): Promise<void> {
  const before = await writableOf(sql, { run, server: primary });
  const found = await recoveryOf(sql, { run, server: replica });
  expect(found).toMatchObject({ isInRecovery: true, isPaused: false });
  const options = { applicationName: nameOf(run) };
  await expect(
    sql.query(replica.sql, options, stateQuery(major)),
  ).resolves.toMatchObject([
    { row_to_json: { recovering: true, pause: "not paused", failures: 0 } },
  ]);
  await origin.stop();
  const after = {
    ...{ run, primary, standby: replica },
    stopped: {
      ...{ systemIdentifier: found.systemIdentifier, timeline: 1 },
      ...{ checkpoint: await checkpointOf(origin), nextXid: before.nextXid },
    },
  };
  await expect(proveReceived({ sql, programs }, after)).resolves.toBeDefined();
  await expect(
    sql.query(replica.sql, options, "select pg_promote(true, 30) as promoted"),
  ).resolves.toEqual([{ promoted: true }]);
  await expect(proveTimeline({ sql, programs }, after)).resolves.toMatchObject({
    timeline: 2,
  });
}
