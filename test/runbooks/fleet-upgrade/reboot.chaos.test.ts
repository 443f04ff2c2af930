import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { parse } from "yaml";
import type { Configuration } from "../../../activities/configuration/port";
import type { HostContract } from "../../../activities/host/port";
import { componentSchema } from "../../../activities/recipes/port";
import type { LabHostView } from "../../../lab/hosts/lab";
import { eventually } from "../../harness/eventually";
import { effectsOf, eachEffectOnce } from "../../harness/host-log";
import { type Rig, startRig } from "../../harness/rig";

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ lab: { hosts: 7, pools: 1, rebootMs: 2_000 } });
}, 180_000);
afterAll(() => rig.stop(), 60_000);
afterEach(() => rig.lab.clearFaults());

const idOf = (index: number): string => rig.lab.hosts[index]?.id ?? "";
const upgradeOf = (host: string, rest = {}) =>
  rig.start({ hosts: { ids: [host] }, canary: { gate: false }, ...rest });

type OwnStep = HostContract["extra"][number];

/** The lab's component with steps of its own behind `apply`. */
function withSteps(steps: Readonly<Record<string, Partial<OwnStep>>>) {
  const text = readFileSync(rig.lab.configFile, "utf8");
  const { components } = parse(text) as Configuration;
  const app = components["app"];
  if (app === undefined) throw new Error("the lab configures app");
  const extra = Object.entries(steps).map(([name, step]) => ({
    ...{ name, after: "apply" as const },
    ...step,
  }));
  return { ...app, extra };
}

/** The step, and one behind it that fails unless the host has booted. */
function proven(reboot: Partial<OwnStep>) {
  const bootId = '"$HOST_ROOT/proc/boot_id"';
  return {
    before: { script: `cat ${bootId} >"$HOST_ROOT/before"` },
    reboot,
    booted: { script: `! cmp -s ${bootId} "$HOST_ROOT/before"` },
  };
}

/** The step as the recipe makes it, on a host that asks for a boot. */
function aptReboot(): Partial<OwnStep> {
  const recipe = {
    ...{ kind: "apt", packages: ["shop"] },
    ...{ reboot: "if-required", rebootFile: "/etc/passwd" },
  };
  const { extra } = componentSchema.parse({ recipe });
  return extra.find(({ name }) => name === "reboot") ?? {};
}

/** Resolves once nobody listens there. */
const away = ({ address, port }: LabHostView): Promise<true> =>
  eventually(async () => {
    const connection = connect(port, address);
    try {
      await once(connection, "connect");
      return undefined;
    } catch {
      return true;
    } finally {
      connection.destroy();
    }
  });

describe("a host that boots", () => {
  it.each<[number, string, Partial<OwnStep>]>([
    [0, "as its step expects", { run: ["reboot"], expectsReboot: true }],
    [
      1,
      "as its step announces by exit code 194",
      {
        script: "reboot >/dev/null 2>&1 & exit 194",
        expectsReboot: "if announced",
      },
    ],
    [2, "as the apt recipe finds required", aptReboot()],
  ])(
    "(host %i) %s goes on with the next step when it is back, by another boot id",
    async (index, _, reboot) => {
      const host = idOf(index);
      const handle = await upgradeOf(host, {
        contract: withSteps(proven(reboot)),
      });
      expect((await handle.result()).counts.upgraded).toBe(1);
      expect(effectsOf(rig.lab, host)).toEqual(eachEffectOnce);
    },
    120_000,
  );

  it("and never comes back is handed over to people: the run asks, the others are upgraded, and retry joins the reboot", async () => {
    const [, , , , stuck, ...others] = rig.lab.hosts;
    if (stuck === undefined) throw new Error("the lab has seven hosts");
    const reboot: Partial<OwnStep> = {
      script: `[ "$RUNBOOK_HOST" = ${stuck.id} ] || exit 0
        echo boots >>"$HOST_ROOT/var/log/boots.log"
        reboot >/dev/null 2>&1 &
        exit 194`,
      expectsReboot: "if announced",
      timeoutS: 5,
    };
    const handle = await upgradeOf(stuck.id, {
      hosts: { ids: [stuck, ...others].map(({ id }) => id) },
      budget: { failures: 1 },
      contract: withSteps({ reboot }),
    });
    await away(stuck);
    await rig.lab.setFault(`${stuck.id}:refuse`);
    const { causes } = await rig.until(
      handle,
      ({ counts }) => counts.quarantined === 1 && counts.upgraded === 2,
    );
    expect(causes).toMatchObject([
      {
        type: "ssh.rebootStuck",
        step: "reboot",
        text: expect.stringMatching(/has not come back within 5 s/),
      },
    ]);
    const gate = await rig.gate(handle, "failed-hosts");
    expect(gate).toMatchObject({ hosts: [stuck.id] });
    expect(gate.choices).toEqual(expect.arrayContaining(["retry", "exclude"]));
    await rig.lab.clearFaults();
    await rig.answer(handle, "failed-hosts", "retry");
    const { outcome, counts } = await handle.result();
    expect([outcome, counts.upgraded]).toEqual(["completed", 3]);
    expect(effectsOf(rig.lab, stuck.id)).toEqual(eachEffectOnce);
    expect(rig.lab.log(stuck.id, "boots")).toBe("boots\n");
  }, 120_000);

  it("in the middle of a step is set aside, and done whole when somebody says redo", async () => {
    const host = idOf(3);
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
