import { describeWhen } from "../../harness/describe-when";
import { gatesQuery } from "../../../workflows/gate/messages";
import { eventually } from "../../harness/eventually";
import {
  networkLabMissing,
  type NetworkRig,
  startNetworkRig,
} from "./network-rig";

const ready = ["site-01", "site-02", "site-03", "site-04"];

describeWhen(networkLabMissing())("a ramp under load", () => {
  let rig: NetworkRig;
  beforeEach(async () => {
    rig = await startNetworkRig();
  }, 120_000);
  let letGo: () => Promise<void>;
  afterEach(async () => {
    await letGo();
    await rig.stop();
  }, 120_000);

  const rampedTo50 = async () => {
    letGo = await rig.hold("site-03", 40);
    await rig.lab.startLoad({ perSecond: 60, sites: ready });
    const run = await rig.start({ stages: { "ramp-50": { holdH: 1 } } });
    await rig.answer(run, "production", "approve");
    await rig.answer(run, "failed-exceptions", "mark done", "they know");
    await rig.untilIn(run, "ramp-50");
    await movedOn("gw-1", 2);
    return run;
  };
  const moved = (gateway: string): Promise<string> =>
    rig.lab.sh(
      gateway,
      "nft list set ip runbooks_egress moved 2>/dev/null || echo absent",
    );
  const movedOn = (gateway: string, atLeast: number) =>
    eventually(async () => {
      const { length } = (await moved(gateway)).match(/198\.51\.100/g) ?? [];
      return (length ?? 0) >= atLeast || undefined;
    });

  it("goes back from 50 % without a failed connection", async () => {
    const run = await rampedTo50();
    const began = performance.now();
    await rig.control(run, "rollback");
    await eventually(async () => {
      const text = await moved("gw-1");
      return !text.includes("198.51.100") || undefined;
    });
    const tookMs = Math.round(performance.now() - began);
    process.stdout.write(`new connections went back within ${tookMs} ms\n`);
    expect(await run.result()).toMatchObject({ outcome: "rolled back" });
    const { attempted, failed } = await rig.lab.stopLoad();
    expect(attempted).toBeGreaterThan(200);
    expect(failed).toEqual({});
  }, 240_000);

  it("has its rules again on a gateway that boots in the middle, and goes on", async () => {
    const run = await rampedTo50();
    await rig.lab.reboot("gw-1");
    await movedOn("gw-1", 2);
    await eventually(async () => {
      const on = await rig.lab.sh("gw-1", "ip -o -4 addr show dev out");
      return on.includes("203.0.113.101/32") || undefined;
    });
    await rig.control(run, "rollback");
    expect(await run.result()).toMatchObject({ outcome: "rolled back" });
  }, 240_000);

  it("asks when somebody edits the rules by hand, and puts ours back with the next load", async () => {
    const run = await rampedTo50();
    await movedOn("gw-2", 2);
    const { title } = await eventually(async () => {
      // Once more where a load that was under way has put ours back.
      await rig.lab.sh("gw-2", "nft flush set ip runbooks_egress moved");
      const gates = await run.query(gatesQuery);
      return gates.find(({ id }) => id === "watch-pressure");
    });
    expect(title).toContain("somebody has changed our rules on gw-2 by hand");
    await rig.control(run, "abort");
    expect(await run.result()).toMatchObject({ outcome: "aborted" });
    expect(await moved("gw-2")).toBe("absent\n");
  }, 240_000);
});
