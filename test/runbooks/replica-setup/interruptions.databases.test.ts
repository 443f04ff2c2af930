import { describeWhen } from "../../harness/describe-when";
import { postgresMissing } from "../../harness/postgres-cluster";
import {
  startWorkerProcess,
  type WorkerProcess,
} from "../../harness/worker-process";
import {
  type ReplicaHandle,
  type ReplicaRig,
  copying,
  startReplicaRig,
} from "./replica-rig";

/** In the order in which they come. */
const steps = [
  ...["preflight", "amcheck", "slot", "sentinel-before", "copy"],
  ...["sentinel-after", "verify-files", "scratch", "publish", "start"],
  ...["verify-scratch", "lag", "round-trip", "record"],
] as const;
/** What a dead worker was at is tried again after its heartbeat's ten seconds: only the steps that differ. */
const longSteps = ["slot", "copy", "verify-files", "scratch", "publish"];

describeWhen(postgresMissing())("a replica setup that is interrupted", () => {
  let rig: ReplicaRig;
  let worker: WorkerProcess;
  beforeAll(async () => {
    rig = await startReplicaRig({ worker: false });
    worker = await startWorkerProcess(rig);
  }, 180_000);
  afterAll(async () => {
    await worker.stop();
    await rig.stop();
  }, 60_000);
  const begun: ReplicaHandle[] = [];
  afterEach(async () => {
    await rig.lab.hosts.clearFaults();
    // One that failed its test must not stand in the way of the next.
    for (const run of begun.splice(0)) {
      await run.cancel().catch(() => undefined);
      await run.result().catch(() => undefined);
    }
  }, 120_000);
  const start = async (
    input?: Parameters<ReplicaRig["start"]>[0],
  ): Promise<ReplicaHandle> => {
    const run = await rig.start(input);
    begun.push(run);
    await rig.answer(run, "begin", "approve");
    return run;
  };

  const query = (text: string): Promise<string> => rig.lab.primary.sql(text);

  /** Ends well, and leaves the primary as it was but for the standby. */
  async function endsWell(run: ReplicaHandle): Promise<void> {
    await rig.answer(run, "ready", "roll back");
    const result = await run.result();
    expect(result.outcome).toBe("rolled back");
    expect(await query("select count(*) from pg_replication_slots")).toBe("0");
    expect(await query("select count(*) from pg_stat_replication")).toBe("0");
    expect(await query("show max_slot_wal_keep_size")).toBe("-1");
    expect(
      await query(
        "select count(*) from pg_extension where extname = 'amcheck'",
      ),
    ).toBe("0");
    expect(await rig.lab.replica.isRunning()).toBe(false);
    expect(await leftOnReplica()).toBe("");
  }

  const leftOnReplica = async (): Promise<string> => {
    const { dataDirectory, workFolder } = rig.lab.servers.replica;
    const found = await rig.lab.replica.run([
      ...([
        "sh",
        "-c",
        'find "$@" -mindepth 1 2>/dev/null | grep -v /sock; :',
      ] as const),
      ...["sh", `${workFolder}/attempts`, `${workFolder}/scratch`],
      dataDirectory,
    ]);
    return found.trim();
  };

  /** A run whose copy is under way, and takes half a minute. */
  async function copyingSlowly(): Promise<ReplicaHandle> {
    const run = await start({
      backup: { method: "basebackup", maxRateMiB: 1 },
    });
    await copying(rig);
    return run;
  }

  /** Does something to the run in the middle of each step, once; quick steps may be over when it is done. */
  async function inEachStep(
    run: ReplicaHandle,
    which: readonly string[],
    hurt: (step: string) => Promise<void>,
  ): Promise<string[]> {
    const hit: string[] = [];
    for (const step of which) {
      const { steps: rows } = await rig.until(run, ({ steps: now }) =>
        now.some(({ id, standing }) => id === step && standing !== "to come"),
      );
      if (rows.find(({ id }) => id === step)?.standing === "done") continue;
      hit.push(step);
      await hurt(step);
    }
    return hit;
  }

  it("by a worker killed in the middle of its steps does each effect once", async () => {
    const run = await start();
    const hit = await inEachStep(run, longSteps, async () => {
      await worker.kill();
      worker = await startWorkerProcess(rig);
    });
    expect(hit).toContain("copy");
    expect(hit.length).toBeGreaterThanOrEqual(3);
    const { steps: rows } = await rig.until(run, ({ steps: now }) =>
      now.some(({ id, standing }) => id === "ready" && standing === "in work"),
    );
    expect(rows.filter(({ attempt = 1 }) => attempt > 1)).toEqual([]);
    await endsWell(run);
  }, 600_000);

  it("by connections that are cut in the middle of its steps goes on", async () => {
    const run = await start();
    await inEachStep(run, steps, async () => {
      await rig.lab.hosts.happen("replica", "reset");
      await rig.lab.hosts.happen("primary", "reset");
    });
    await endsWell(run);
  }, 600_000);

  it("by a restart of the primary in the middle of the copy asks with what another copy costs, and makes it", async () => {
    const run = await copyingSlowly();
    await rig.lab.primary.restart("fast");
    const gate = await rig.gate(run, "failed-copy");
    expect(gate.title).toMatch(/Copy the primary failed/);
    await rig.answer(run, "failed-copy", "retry");
    await endsWell(run);
  }, 600_000);

  it("by a slot that somebody drops stops before a standby is built on it", async () => {
    const run = await copyingSlowly();
    await query(
      "select pg_terminate_backend(active_pid) from pg_replication_slots where active",
    );
    await query(
      "select pg_drop_replication_slot(slot_name) from pg_replication_slots",
    );
    const result = await run.result();
    expect(result.outcome).toBe("aborted");
    expect(await leftOnReplica()).toBe("");
    expect(await query("select count(*) from pg_replication_slots")).toBe("0");
  }, 600_000);

  it("by a standby that is killed while it catches up starts it again, or asks", async () => {
    const run = await start();
    await rig.until(run, ({ steps: now }) =>
      now.some(({ id, standing }) => id === "lag" && standing !== "to come"),
    );
    await rig.lab.replica.kill();
    await endsWell(run);
  }, 600_000);
});
