import { contractSteps } from "../../../activities/host/port";
import { eachEffectOnce, effectsOf, timesBegun } from "../../harness/host-log";
import { eventually } from "../../harness/eventually";
import { type Rig, startRig } from "../../harness/rig";
import {
  startWorkerProcess,
  type WorkerProcess,
} from "../../harness/worker-process";

let rig: Rig;
let worker: WorkerProcess;
beforeAll(async () => {
  rig = await startRig({
    worker: false,
    lab: { hosts: contractSteps.length, pools: 1 },
  });
  worker = await startWorkerProcess(rig);
}, 60_000);
afterAll(async () => {
  await worker.stop();
  await rig.stop();
}, 60_000);
afterEach(() => rig.lab.clearFaults());

const hostFor = (index: number): string => rig.lab.hosts[index]?.id ?? "";
const upgradeOf = (host: string) =>
  rig.start({ hosts: { ids: [host] }, canary: { gate: false } });

describe("a worker killed by SIGKILL", () => {
  it.each(contractSteps.map((verb, index) => ({ verb, index })))(
    "in the middle of $verb costs nothing: the run ends right and every effect ran once",
    async ({ verb, index }) => {
      const host = hostFor(index);
      // `version` is asked before the visit begins and again at its end: the second time counts.
      const nth = verb === "version" ? 2 : 1;
      if (verb !== "version") {
        await rig.lab.setFault(`${host}:slow:1s@${verb}*1`);
      }
      const handle = await upgradeOf(host);
      await eventually(() =>
        timesBegun(rig.lab, host, verb) >= nth ? true : undefined,
      );
      await worker.kill();
      worker = await startWorkerProcess(rig);
      const result = await handle.result();
      expect(result.outcome).toBe("completed");
      expect(result.counts.upgraded).toBe(1);
      expect(effectsOf(rig.lab, host)).toEqual(eachEffectOnce);
    },
    60_000,
  );
});
