import { contractSteps } from "../../../activities/host/port";
import { eachEffectOnce, effectsOf, timesBegun } from "../../harness/host-log";
import { eventually } from "../../harness/eventually";
import { type Rig, startRig } from "../../harness/rig";

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({
    persistent: true,
    lab: { hosts: contractSteps.length + 2, pools: 1 },
  });
}, 180_000);
afterAll(() => rig.stop(), 60_000);
afterEach(() => rig.lab.clearFaults());

const hostFor = (index: number): string => rig.lab.hosts[index]?.id ?? "";
const upgradeOf = (host: string) =>
  rig.start({ hosts: { ids: [host] }, canary: { gate: false } });

describe("an SSH link that drops", () => {
  it.each(contractSteps.map((verb, index) => ({ verb, index })))(
    "in the middle of $verb costs nothing: the run ends right and every effect ran once",
    async ({ verb, index }) => {
      const host = hostFor(index);
      await rig.lab.setFault(`${host}:reset@${verb}`);
      const result = await (await upgradeOf(host)).result();
      expect(result.counts.upgraded).toBe(1);
      expect(effectsOf(rig.lab, host)).toEqual(eachEffectOnce);
    },
    60_000,
  );
});

describe("a Temporal server that is killed and started again with its file", () => {
  it("lets the run go on and every effect happen once", async () => {
    const host = hostFor(contractSteps.length);
    await rig.lab.setFault(`${host}:slow:2s@apply`);
    const handle = await upgradeOf(host);
    await eventually(() =>
      timesBegun(rig.lab, host, "apply") > 0 ? true : undefined,
    );
    await rig.server.restart("kill");
    const result = await handle.result();
    expect(result.counts.upgraded).toBe(1);
    expect(effectsOf(rig.lab, host)).toEqual(eachEffectOnce);
  }, 120_000);
});
