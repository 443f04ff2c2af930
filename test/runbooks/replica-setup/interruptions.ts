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

/** Runs that are let begin and then interrupted; their worker is a process of its own. */
export class Interruptions {
  private readonly begun: ReplicaHandle[] = [];

  private constructor(
    readonly rig: ReplicaRig,
    private worker: WorkerProcess,
  ) {}

  static async start(): Promise<Interruptions> {
    const rig = await startReplicaRig({ worker: false });
    return new Interruptions(rig, await startWorkerProcess(rig));
  }

  async stop(): Promise<void> {
    await this.worker.stop();
    await this.rig.stop();
  }

  /** One that failed its test must not stand in the way of the next. */
  async clear(): Promise<void> {
    await this.rig.lab.hosts.clearFaults();
    for (const run of this.begun.splice(0)) {
      await run.cancel().catch(() => undefined);
      await run.result().catch(() => undefined);
    }
  }

  async begin(
    input?: Parameters<ReplicaRig["start"]>[0],
  ): Promise<ReplicaHandle> {
    const run = await this.rig.start(input);
    this.begun.push(run);
    await this.rig.answer(run, "begin", "approve");
    return run;
  }

  /** A run whose copy is under way, and takes half a minute. */
  async copyingSlowly(): Promise<ReplicaHandle> {
    const run = await this.begin({
      backup: { method: "basebackup", maxRateMiB: 1 },
    });
    await copying(this.rig);
    await this.rig.until(run, ({ steps }) =>
      steps.some(({ id, doneBytes = 0 }) => id === "copy" && doneBytes > 0),
    );
    return run;
  }

  async killWorker(): Promise<void> {
    await this.worker.kill();
    this.worker = await startWorkerProcess(this.rig);
  }

  /** Ends well, and leaves the primary as it was but for the standby. */
  async endsWell(run: ReplicaHandle): Promise<void> {
    await this.rig.answer(run, "ready", "roll back");
    const { outcome } = await run.result();
    expect(outcome).toBe("rolled back");
    expect(await leftBehind(this.rig)).toEqual(nothing);
  }
}
