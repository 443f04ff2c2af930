import { freezeSignals } from "../../../workflows/freeze/messages";
import { locksQuery } from "../../../workflows/lock/messages";
import { eventually } from "../../harness/eventually";
import { timesBegun } from "../../harness/host-log";
import { type FleetHandle, type Rig, startRig } from "../../harness/rig";
import {
  startWorkerProcess,
  type WorkerProcess,
} from "../../harness/worker-process";

let rig: Rig;
let worker: WorkerProcess;
beforeAll(async () => {
  rig = await startRig({ worker: false, lab: { hosts: 4, pools: 1 } });
  worker = await startWorkerProcess(rig);
}, 60_000);
afterAll(async () => {
  await worker.stop();
  await rig.stop();
}, 30_000);

const quick = { slowStart: false, slots: 4 } as const;
const ungated = { ...quick, canary: { gate: false } } as const;
const isHeldBy = (handle: FleetHandle, kind: string) =>
  rig.until(handle, ({ halts }) => halts.some((halt) => halt.kind === kind));
const timesApplied = (version: string): number[] =>
  rig.lab.hosts.map(({ id }) => timesBegun(rig.lab, id, `apply ${version}`));

describe("the only worker is killed", () => {
  it("while a run waits for its lock: each waits its turn, and works once", async () => {
    const first = await rig.start({ version: "2.0.0", ...quick });
    await rig.gate(first, "canary");
    const second = await rig.start({ version: "2.0.1", ...ungated });
    await isHeldBy(second, "lock");
    await worker.kill();
    worker = await startWorkerProcess(rig);
    await isHeldBy(second, "lock");
    expect(timesApplied("2.0.1")).toEqual([0, 0, 0, 0]);
    await rig.answer(first, "canary", "approve");
    await first.result();
    await second.result();
    expect(timesApplied("2.0.0")).toEqual([1, 1, 1, 1]);
    expect(timesApplied("2.0.1")).toEqual([1, 1, 1, 1]);
    const locks = rig.server.client.workflow.getHandle("lock:lab");
    expect(await locks.query(locksQuery)).toEqual([]);
  }, 120_000);

  it("between two runs, and the one that it carried out is terminated: the next one is told so", async () => {
    const first = await rig.start({ version: "2.1.0", ...quick });
    await rig.gate(first, "canary");
    await worker.kill();
    await first.terminate("gone with its worker");
    const second = await rig.start({ version: "2.1.1", ...ungated });
    worker = await startWorkerProcess(rig);
    const { halts } = await isHeldBy(second, "lock");
    expect(halts).toMatchObject([{ blockers: [{ kind: "kept" }] }]);
    await rig.server.client.workflow.getHandle("lock:lab").signal("release", {
      ...{ resource: "lab", by: "ada", reason: "one canary, fine" },
    });
    await second.result();
    expect(timesApplied("2.1.1")).toEqual([1, 1, 1, 1]);
  }, 120_000);

  it("while a run is frozen, and the freeze is lifted before another worker lives", async () => {
    const first = await rig.start({ version: "2.2.0", ...quick });
    await rig.gate(first, "canary");
    const freezes = rig.server.client.workflow.getHandle("freezes");
    const order = { id: "f", scope: "lab", by: "ada", reason: "sale" };
    await freezes.signal(freezeSignals.freeze, order);
    await isHeldBy(first, "frozen");
    await rig.answer(first, "canary", "approve");
    const done = timesApplied("2.2.0").filter((times) => times > 0);
    await worker.kill();
    await freezes.signal(freezeSignals.unfreeze, { id: "f", by: "ada" });
    expect(timesApplied("2.2.0").filter((times) => times > 0)).toEqual(done);
    worker = await startWorkerProcess(rig);
    await eventually(async () => {
      const { status } = await first.describe();
      return status.name === "COMPLETED" ? true : undefined;
    });
    expect(timesApplied("2.2.0")).toEqual([1, 1, 1, 1]);
  }, 120_000);
});
