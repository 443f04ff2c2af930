import { startRig, type Rig } from "../../harness/rig";

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ lab: { hosts: 8 } });
}, 60_000);
afterAll(() => rig.stop(), 30_000);
afterEach(() => rig.lab.clearFaults());

describe("a fleet upgrade", () => {
  it("upgrades the canaries, asks, upgrades the rest and reports every host", async () => {
    const handle = await rig.start({ version: "2.0.0", slots: 4 });
    const gate = await rig.gate(handle, "canary");
    expect(gate.title).toContain("4 canaries are done");
    await rig.answer(handle, "canary", "approve");
    const result = await handle.result();
    expect(result.outcome).toBe("completed");
    expect(result.counts.upgraded).toBe(8);
    const report = await rig.reportOf(result);
    for (const { id } of rig.lab.hosts) expect(report).toContain(`| ${id} |`);
  }, 60_000);
});
