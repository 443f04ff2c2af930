import { readFile, writeFile } from "node:fs/promises";
import { parse, stringify } from "yaml";
import type { Configuration } from "../../../activities/configuration/port";
import type { LabHostView } from "../../../lab/hosts/lab";
import {
  allServers,
  putBehind,
  startHaproxyFor,
} from "../../harness/balanced-lab";
import { describeWhen } from "../../harness/describe-when";
import { type Haproxy, withoutHaproxy } from "../../harness/haproxy";
import { type Rig, startRig } from "../../harness/rig";
import { type Answers, startLoad, withoutWrk } from "../../harness/wrk";

/** A service that is stopped for its upgrade, as most are: who asks it meanwhile is refused. */
const component = {
  minReadyS: 0.5,
  readyPollS: 0.1,
  extra: [{ name: "stop", after: "drain", run: ["systemctl", "stop", "app"] }],
  steps: {
    fetch: { run: ["app-ctl", "fetch", "{{version}}"] },
    apply: { run: ["app-ctl", "apply", "{{version}}"] },
    // As systemd does for a plain service: started, whether it becomes ready or not.
    restart: {
      script: "systemctl start app </dev/null >/dev/null 2>&1 &",
    },
    ready: { run: ["app-ctl", "ready"], timeoutS: 8 },
    version: { run: ["app-ctl", "version"] },
    undo: { run: ["app-ctl", "undo"] },
  },
};
/** Two of six. */
const maxOut = "34%";

describeWhen(withoutHaproxy() ?? withoutWrk())(
  "a rolling upgrade behind a real HAProxy under steady load",
  () => {
    let rig: Rig;
    let haproxy: Haproxy;
    beforeEach(async () => {
      rig = await startRig({ lab: { hosts: 6, pools: 1, serviceWorkers: 2 } });
      haproxy = await startHaproxyFor(rig.lab);
    }, 180_000);
    afterEach(async () => {
      await haproxy.stop();
      await rig.stop();
    }, 180_000);

    const all = (status: string) => allServers(rig.lab, status);

    async function configure(balanced: boolean): Promise<void> {
      const file = rig.lab.configFile;
      const { targets } = parse(await readFile(file, "utf8")) as Configuration;
      await writeFile(
        file,
        stringify({ targets, components: { app: component } }),
      );
      if (balanced) await putBehind(rig.lab, haproxy, maxOut);
    }

    async function underLoad(work: () => Promise<void>): Promise<Answers> {
      const load = await startLoad(`${haproxy.url}/`);
      try {
        await work();
      } catch (error) {
        await load.stop();
        throw error;
      }
      return load.stop();
    }

    const runningOn = async ({ serviceUrl }: LabHostView): Promise<string> =>
      (await (await fetch(`${serviceUrl}/`)).text()).trim();

    const upgrade = (version: string) =>
      rig.start({ version, slots: 4, canary: { gate: false } });

    async function rollOut(): Promise<Answers> {
      const before = await Promise.all(rig.lab.hosts.map(runningOn));
      expect(before).not.toContain("2.0.0");
      const answers = await underLoad(async () => {
        const handle = await upgrade("2.0.0");
        const { outcome, counts } = await handle.result();
        expect(outcome).toBe("completed");
        expect(counts.upgraded).toBe(6);
      });
      const after = await Promise.all(rig.lab.hosts.map(runningOn));
      expect(after).toEqual(after.map(() => "2.0.0"));
      expect(answers.requests).toBeGreaterThan(500);
      return answers;
    }

    it("fails no request", async () => {
      await configure(true);
      const answers = await rollOut();
      expect(answers).toMatchObject({ failed: 0 });
      await haproxy.until(all("UP"));
    }, 120_000);

    it("fails requests when nobody tells the balancer, so the load would show it", async () => {
      await configure(false);
      const { failed } = await rollOut();
      expect(failed).toBeGreaterThan(0);
    }, 120_000);

    it("stops at the canary, and fails no request, when the version never becomes ready", async () => {
      await configure(true);
      const answers = await underLoad(async () => {
        const handle = await upgrade("2.0.0-broken");
        const { hosts = [] } = await rig.gate(handle, "failed-hosts");
        await handle.signal("abort", { by: "ada", reason: "never ready" });
        const { outcome, counts } = await handle.result();
        expect(outcome).toBe("aborted");
        expect(counts).toMatchObject({ "not attempted": 5 });
        expect(hosts).toHaveLength(1);
        const statuses = await haproxy.statuses();
        const [canary = ""] = hosts;
        expect(statuses[canary]).not.toBe("UP");
        await haproxy.until({ ...all("UP"), [canary]: statuses[canary] ?? "" });
      });
      expect(answers).toMatchObject({ failed: 0 });
      expect(answers.requests).toBeGreaterThan(500);
    }, 120_000);
  },
);
