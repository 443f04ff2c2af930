import { describeWhen } from "../../harness/describe-when";
import { postgresMissing } from "../../harness/postgres-cluster";
import {
  startWorkerProcess,
  type WorkerProcess,
} from "../../harness/worker-process";
import { leftBehind, nothing } from "./left-behind";
import {
  type ReplicaHandle,
  type ReplicaRig,
  copying,
  startReplicaRig,
} from "./replica-rig";

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
    expect(await leftBehind(rig)).toEqual(nothing);
  }

  /** A run whose copy is under way, and takes half a minute. */
  async function copyingSlowly(): Promise<ReplicaHandle> {
    const run = await start({
      backup: { method: "basebackup", maxRateMiB: 1 },
    });
    await copying(rig);
    await rig.until(run, ({ steps }) =>
      steps.some(({ id, doneBytes = 0 }) => id === "copy" && doneBytes > 0),
    );
    return run;
  }

  it("by a worker killed in the middle of the copy joins it once the server has missed its heartbeats", async () => {
    const run = await copyingSlowly();
    await worker.kill();
    worker = await startWorkerProcess(rig);
    const { steps } = await rig.until(run, ({ steps: now }) =>
      now.some(({ id, standing }) => id === "ready" && standing === "in work"),
    );
    expect(steps.filter(({ attempt = 1 }) => attempt > 1)).toEqual([]);
    await endsWell(run);
  }, 600_000);

  it("by a restart of the primary in the middle of the copy asks with what another copy costs, and makes it", async () => {
    const run = await copyingSlowly();
    await rig.lab.primary.restart("fast");
    const gate = await rig.gate(run, "failed-copy");
    expect(gate.title).toMatch(
      /Copy the primary failed: .*; a new attempt copies [\d.]+ .B, [\d.]+ .B of it once more; about \d+ min at [\d.]+ .B\/s, as before/,
    );
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
    expect(await leftBehind(rig)).toEqual(nothing);
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
