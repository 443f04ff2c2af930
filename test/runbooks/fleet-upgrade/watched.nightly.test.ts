import { Worker } from "@temporalio/worker";
import { progressQuery } from "../../../workflows/rollout/messages";
import { eventually } from "../../harness/eventually";
import { timesBegun } from "../../harness/host-log";
import { type FleetHandle, type Rig, startRig } from "../../harness/rig";
import { workflowBundle } from "../../harness/temporal";
import {
  startWorkerProcess,
  type WorkerProcess,
} from "../../harness/worker-process";

const everyMs = 50;

let rig: Rig;
let worker: WorkerProcess;
beforeAll(async () => {
  rig = await startRig({ worker: false, lab: { hosts: 1, pools: 1 } });
  worker = await startWorkerProcess(rig);
}, 60_000);
afterAll(async () => {
  await worker.stop();
  await rig.stop();
}, 60_000);

/** Asks all the time, as many consoles would. @returns ends it, with the number of answers */
function watch(handle: FleetHandle): () => Promise<number> {
  const asked: Promise<number>[] = [];
  const timer = setInterval(() => {
    asked.push(
      handle.query(progressQuery).then(
        () => 1,
        () => 0,
      ),
    );
  }, everyMs);
  return async () => {
    clearInterval(timer);
    return (await Promise.all(asked)).reduce((sum, one) => sum + one, 0);
  };
}

describe("a run that is watched all the time", () => {
  it("keeps to its history when its worker is killed again and again", async () => {
    const [{ id: host } = { id: "" }] = rig.lab.hosts;
    const verbs = ["fetch", "apply", "restart"] as const;
    for (const verb of verbs)
      await rig.lab.setFault(`${host}:slow:1s@${verb}*1`);
    const handle = await rig.start({ canary: { gate: false } });
    const end = watch(handle);
    for (const verb of verbs) {
      await eventually(() => timesBegun(rig.lab, host, verb) > 0 || undefined);
      await worker.kill();
      worker = await startWorkerProcess(rig);
    }
    const { outcome } = await handle.result();
    const answers = await end();
    const replay = Worker.runReplayHistory(
      { workflowBundle: await workflowBundle() },
      await handle.fetchHistory(),
      handle.workflowId,
    );
    await expect(replay).resolves.toBeUndefined();
    expect(outcome).toBe("completed");
    expect(answers).toBeGreaterThan(0);
  }, 180_000);
});
