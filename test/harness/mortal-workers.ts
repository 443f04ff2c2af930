import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { WorkflowHandle } from "@temporalio/client";
import { temporal } from "@temporalio/proto";
import type { TestServer } from "./temporal";
import { startWorkerProcess, type WorkerProcess } from "./worker-process";

/** An activity that was under way when its worker died. */
interface Cut {
  readonly name: string;
  /** Its effect was there, and nobody had been told. */
  readonly isDone: boolean;
}

interface Place {
  readonly server: TestServer;
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
}

interface Mortality {
  /** Activities at whose first attempt the worker dies. */
  readonly at: readonly string[];
  /** Of those: the ones that are not waited for. */
  readonly during?: readonly string[];
}

const preload = resolve(__dirname, "dying-activities.js");

/**
 * Two workers as an operator runs them, each of which kills itself by SIGKILL in the middle of named activities; another one
 * takes its place. What the dead one was at is given back at once: that the server does so by itself after ten seconds
 * without a heartbeat would cost half an hour for all steps, and is seen where one worker is killed.
 */
export class MortalWorkers {
  private readonly alive = new Set<WorkerProcess>();
  private readonly revivals = new Set<Promise<void>>();
  private isOver = false;

  private constructor(
    private readonly place: Place,
    private readonly env: Readonly<Record<string, string>>,
    private readonly log: string,
  ) {}

  private run: WorkflowHandle | undefined;

  static async start(
    place: Place,
    { at, during = [] }: Mortality,
  ): Promise<MortalWorkers> {
    const log = join(place.folder, `deaths-${process.hrtime.bigint()}`);
    writeFileSync(log, "");
    const env = {
      ...{ DIES_AT: at.join(","), DIES_DURING: during.join(",") },
      ...{ DIES_LOG: log, NODE_OPTIONS: `--require ${preload}` },
    };
    const workers = new MortalWorkers(place, env, log);
    await Promise.all([workers.add(), workers.add()]);
    return workers;
  }

  /** Whose activities are given back. */
  serve(run: WorkflowHandle): void {
    this.run = run;
  }

  /** What each worker that died was at, in order. */
  deaths(): Cut[][] {
    const lines = readFileSync(this.log, "utf8").split("\n");
    return lines
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as Cut[]);
  }

  async stop(): Promise<void> {
    this.isOver = true;
    await Promise.all([...this.alive].map((worker) => worker.stop()));
    await Promise.all(this.revivals);
  }

  private async add(): Promise<void> {
    const worker = await startWorkerProcess(this.place, this.env);
    this.alive.add(worker);
    const revival = worker.ended.then(() => this.replace(worker));
    this.revivals.add(revival);
    if (this.isOver) await worker.stop();
  }

  private async replace(dead: WorkerProcess): Promise<void> {
    this.alive.delete(dead);
    if (this.isOver) return;
    await Promise.all([this.giveBack(dead), this.add()]);
  }

  private async giveBack({ pid }: WorkerProcess): Promise<void> {
    const { run } = this;
    if (run === undefined) return;
    const { client, namespace } = this.place.server;
    const { raw, workflowId, runId } = await run.describe();
    const started =
      temporal.api.enums.v1.PendingActivityState.PENDING_ACTIVITY_STATE_STARTED;
    for (const {
      activityId,
      state,
      lastWorkerIdentity,
    } of raw.pendingActivities ?? [])
      if (state === started && lastWorkerIdentity?.startsWith(`${pid}@`))
        await client.activity.fail(
          { workflowId, runId, activityId: activityId ?? "" },
          new Error("its worker was killed"),
        );
    await client.workflowService.resetStickyTaskQueue({
      ...{ namespace, execution: { workflowId, runId } },
    });
  }
}
