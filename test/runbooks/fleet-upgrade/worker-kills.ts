import type { ContractStep } from "../../../activities/host/port";
import { eachEffectOnce, effectsOf, timesBegun } from "../../harness/host-log";
import { eventually } from "../../harness/eventually";
import { type Rig, startRig } from "../../harness/rig";
import {
  startWorkerProcess,
  type WorkerProcess,
} from "../../harness/worker-process";

/** Tests of which each has a worker killed in the middle of a step, on a host of its own. */
export function describeKills(steps: readonly ContractStep[]): void {
  describe("a worker killed by SIGKILL", () => {
    let rig: Rig;
    let worker: WorkerProcess;
    beforeAll(async () => {
      const lab = { hosts: steps.length, pools: 1 };
      rig = await startRig({ worker: false, lab });
      worker = await startWorkerProcess(rig);
    }, 60_000);
    afterAll(async () => {
      await worker.stop();
      await rig.stop();
    }, 60_000);
    afterEach(() => rig.lab.clearFaults());

    it.each(steps.map((verb, index) => ({ verb, index })))(
      "in the middle of $verb costs nothing: the run ends right and every effect ran once",
      async ({ verb, index }) => {
        const host = rig.lab.hosts[index]?.id ?? "";
        // `version` is asked before the visit begins and again at its end: the second time counts.
        const nth = verb === "version" ? 2 : 1;
        if (verb !== "version")
          await rig.lab.setFault(`${host}:slow:1s@${verb}*1`);
        const handle = await rig.start({
          hosts: { ids: [host] },
          canary: { gate: false },
        });
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
      120_000,
    );
  });
}
