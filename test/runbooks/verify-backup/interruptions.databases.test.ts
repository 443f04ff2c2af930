import type { Backup } from "../../../activities/postgres/backup/port";
import { describeWhen } from "../../harness/describe-when";
import { postgresMissing } from "../../harness/postgres-cluster";
import {
  startWorkerProcess,
  type WorkerProcess,
} from "../../harness/worker-process";
import { VerifyRig } from "./verify-rig";

jest.setTimeout(300_000);

describeWhen(postgresMissing())("a verification that is interrupted", () => {
  let on: VerifyRig;
  let worker: WorkerProcess;
  let backup: Backup;
  beforeAll(async () => {
    on = await VerifyRig.start({ worker: false });
    worker = await startWorkerProcess(on.rig);
    backup = await on.attempt();
  });
  afterAll(async () => {
    await worker.stop();
    await on.stop();
  });

  it("by a worker killed in the middle of its steps goes on with what runs, and leaves nothing", async () => {
    await on.pin(backup.path, "another");
    const run = await on.start({ backup: backup.backupId });
    const hit: string[] = [];
    for (const step of ["verify-files", "scratch", "verify-scratch"]) {
      const { steps } = await on.rig.until(run, (progress) =>
        progress.steps.some(
          ({ id, standing }) => id === step && standing !== "to come",
        ),
      );
      if (steps.find(({ id }) => id === step)?.standing === "done") continue;
      hit.push(step);
      await worker.kill();
      worker = await startWorkerProcess(on.rig);
    }
    expect(hit.length).toBeGreaterThanOrEqual(2);
    const { outcome, counts, record } = await run.result();
    expect({ outcome, counts }).toEqual({
      outcome: "completed",
      counts: { done: 7 },
    });
    const { levels } = await on.record(record!, backup);
    expect(levels.filter(({ verdict }) => verdict === "fail")).toEqual([]);
    expect(on.pins(backup.path)).toEqual(["another"]);
    expect(on.left()).toEqual([`attempts/${backup.backupId}.pin`]);
  });
});
