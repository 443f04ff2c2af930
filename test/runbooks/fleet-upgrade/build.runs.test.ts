import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { FleetUpgradeInput } from "../../../runbooks/fleet-upgrade/contract";
import { type Rig, startRig } from "../../harness/rig";

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ lab: { hosts: 4, pools: 1, service: false } });
}, 180_000);
afterAll(() => rig.stop(), 30_000);

/** Builds on the first host, and installs what was built on every host. */
function input(version: string): Partial<FleetUpgradeInput> {
  const [builder = ""] = rig.lab.hosts.map(({ id }) => id);
  const OUT = rig.folder;
  const script =
    'echo x >>"$OUT/builds"; [ ! -e "$OUT/broken" ] || exit 3; echo "$RUNBOOK_VERSION" >"$OUT/made"';
  const installed = `cp "$RUNBOOK_ARTIFACT" "$OUT/installed.$RUNBOOK_HOST"`;
  return {
    ...{ version, slots: 4, slowStart: false, canary: { gate: false } },
    ...{ checks: { hosts: "none" }, census: { waves: 0 } },
    contract: {
      minReadyS: 0,
      build: {
        ...{ host: builder, script, env: { OUT } },
        ...{ artifact: `${OUT}/made`, to: `${OUT}/sent.{{host.id}}` },
      },
      steps: {
        apply: { script: installed, env: { OUT } },
        version: {
          run: ["sh", "-c", `cat ${OUT}/installed.$RUNBOOK_HOST || echo none`],
        },
      },
    },
  };
}
const builds = (): number =>
  readFileSync(join(rig.folder, "builds"), "utf8").split("\n").length - 1;

describe("a component that is built", () => {
  it("is built once, before the first host, and each host gets what was built", async () => {
    const result = await (await rig.start(input("2.0.0"))).result();
    expect(result.counts.upgraded).toBe(4);
    expect(builds()).toBe(1);
    for (const { id } of rig.lab.hosts)
      expect(readFileSync(join(rig.folder, `installed.${id}`), "utf8")).toBe(
        "2.0.0\n",
      );
  }, 180_000);

  it("waits for somebody when its build fails, and has touched no host by then", async () => {
    writeFileSync(join(rig.folder, "broken"), "");
    const handle = await rig.start(input("3.0.0"));
    const gate = await rig.gate(handle, "build");
    expect(gate.title).toContain("the build failed");
    for (const { id } of rig.lab.hosts)
      expect(readFileSync(join(rig.folder, `installed.${id}`), "utf8")).toBe(
        "2.0.0\n",
      );
    rmSync(join(rig.folder, "broken"));
    await rig.answer(handle, "build", "retry");
    expect((await handle.result()).counts.upgraded).toBe(4);
    expect(builds()).toBe(3);
  }, 180_000);

  it("upgrades nobody when its build is given up", async () => {
    writeFileSync(join(rig.folder, "broken"), "");
    const handle = await rig.start(input("4.0.0"));
    await rig.answer(handle, "build", "abort");
    const { outcome, counts } = await handle.result();
    expect(outcome).toBe("aborted");
    expect(counts["not attempted"]).toBe(4);
  }, 180_000);
});
