import { readFileSync } from "node:fs";
import { parse } from "yaml";
import type { Configuration } from "../../../activities/configuration/port";
import { effectsOf, eachEffectOnce } from "../../harness/host-log";
import { type Rig, startRig } from "../../harness/rig";

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ lab: { hosts: 2, pools: 1 } });
}, 60_000);
afterAll(() => rig.stop(), 60_000);
afterEach(() => rig.lab.clearFaults());

const idOf = (index: number): string => rig.lab.hosts[index]?.id ?? "";
const upgradeOf = (host: string, rest = {}) =>
  rig.start({ hosts: { ids: [host] }, canary: { gate: false }, ...rest });

describe("a host that boots", () => {
  it("as its step expects goes on with the next step when it is back", async () => {
    const host = idOf(0);
    const text = readFileSync(rig.lab.configFile, "utf8");
    const { components } = parse(text) as Configuration;
    const app = components["app"];
    if (app === undefined) throw new Error("the lab configures app");
    const reboot = {
      name: "reboot",
      after: "apply" as const,
      run: ["reboot"],
      expectsReboot: true,
    };
    const handle = await upgradeOf(host, {
      contract: { ...app, extra: [reboot] },
    });
    expect((await handle.result()).counts.upgraded).toBe(1);
    expect(effectsOf(rig.lab, host)).toEqual(eachEffectOnce);
  }, 120_000);

  it("in the middle of a step is set aside, and done whole when somebody says redo", async () => {
    const host = idOf(1);
    await rig.lab.setFault(`${host}:reboot@apply`);
    const handle = await upgradeOf(host, { budget: { failures: 1 } });
    const { causes } = await rig.until(
      handle,
      ({ counts }) => counts.quarantined === 1,
    );
    expect(causes).toMatchObject([{ type: "ssh.lostOnReboot", step: "apply" }]);
    await rig.answer(handle, "failed-hosts", "redo");
    expect((await handle.result()).counts.upgraded).toBe(1);
    expect(effectsOf(rig.lab, host)).toMatchObject({
      drain: 2,
      apply: 2,
      undrain: 1,
    });
  }, 120_000);
});
