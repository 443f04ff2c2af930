import {
  allServers,
  putBehind,
  startHaproxyFor,
} from "../../harness/balanced-lab";
import { describeWhen } from "../../harness/describe-when";
import { eventually } from "../../harness/eventually";
import { type Haproxy, withoutHaproxy } from "../../harness/haproxy";
import { eachEffectOnce, effectsOf, timesBegun } from "../../harness/host-log";
import { type Rig, startRig } from "../../harness/rig";
import {
  startWorkerProcess,
  type WorkerProcess,
} from "../../harness/worker-process";

/** In each of them the host is out at the balancer. */
const verbs = ["drain", "apply", "undrain"] as const;

describeWhen(withoutHaproxy())(
  "a worker killed by SIGKILL while a host is out at a real HAProxy",
  () => {
    let rig: Rig;
    let haproxy: Haproxy;
    let worker: WorkerProcess;
    beforeAll(async () => {
      const lab = { hosts: verbs.length, pools: 1 };
      rig = await startRig({ worker: false, lab });
      haproxy = await startHaproxyFor(rig.lab);
      await putBehind(rig.lab, haproxy, "34%");
      worker = await startWorkerProcess(rig);
    }, 60_000);
    afterAll(async () => {
      await worker.stop();
      await haproxy.stop();
      await rig.stop();
    }, 60_000);
    afterEach(() => rig.lab.clearFaults());

    it.each(verbs.map((verb, index) => ({ verb, index })))(
      "in $verb leaves it out, and the worker that goes on puts it back once it is done",
      async ({ verb, index }) => {
        const host = rig.lab.hosts[index]?.id ?? "";
        await rig.lab.setFault(`${host}:slow:1s@${verb}*1`);
        const handle = await rig.start({
          hosts: { ids: [host] },
          canary: { gate: false },
        });
        await eventually(
          () => timesBegun(rig.lab, host, verb) > 0 || undefined,
        );
        await worker.kill();
        expect((await haproxy.statuses())[host]).toMatch(/^DRAIN/);
        worker = await startWorkerProcess(rig);
        const { counts } = await handle.result();
        expect(counts.upgraded).toBe(1);
        expect(effectsOf(rig.lab, host)).toEqual(eachEffectOnce);
        expect(await haproxy.statuses()).toEqual(allServers(rig.lab, "UP"));
        // Out once, and in once: not for a moment between the two workers.
        const own = haproxy.changes.filter(({ server }) => server === host);
        expect(own.map(({ isOut }) => isOut)).toEqual([true, false]);
      },
      60_000,
    );
  },
);
