import { timesBegun } from "../../harness/host-log";
import { eventually } from "../../harness/eventually";
import { type Rig, startRig } from "../../harness/rig";

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ lab: { hosts: 4, pools: 1 } });
}, 180_000);
afterAll(() => rig.stop(), 60_000);

describe("a host that vanishes in the middle of its visit", () => {
  it("is reported as gone, not as failed, and costs nothing of the budget", async () => {
    const host = rig.lab.hosts[0]?.id ?? "";
    await rig.lab.setFault(`${host}:slow:1s@apply`);
    const handle = await rig.start({
      budget: { failures: 0 },
      canary: { gate: false },
    });
    await eventually(() =>
      timesBegun(rig.lab, host, "apply") > 0 ? true : undefined,
    );
    await rig.lab.happen(host, "vanish");
    const { outcome, counts } = await handle.result();
    expect(outcome).toBe("completed");
    expect(counts).toMatchObject({ upgraded: 3, gone: 1, failed: 0 });
  }, 180_000);
});
