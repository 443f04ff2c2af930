import { writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { describeWhen } from "../../harness/describe-when";
import {
  networkLabMissing,
  type NetworkRig,
  startNetworkRig,
} from "./network-rig";

const client = resolve(__dirname, "../../../lab/network/november-client.py");

describeWhen(networkLabMissing())("what fails only at peak", () => {
  let rig: NetworkRig;
  beforeAll(async () => {
    rig = await startNetworkRig({ lab: { appHosts: 2, sites: 4 } });
  }, 120_000);
  afterAll(() => rig.stop(), 120_000);

  it("is named by the stress gate, cause by cause, and production is touched once both are mended", async () => {
    const { lab, folder } = rig;
    const mended = join(folder, "mended");
    await writeFile(mended, "0");
    const run = `NOVEMBER_FIXED=$(cat ${mended}) exec python3 ${client} --jobs 40 --limit 20 --to ${lab.staging.sink} --seconds 3`;
    await rig.configure((egress) => {
      egress.spread = "range";
      const command = ["sh", "-c", run];
      egress.staging.application = { host: "st-app-1", command };
    });
    const letGo = await rig.hold("site-01", 20);
    // Enough by arithmetic: 225 of 384 ports. By a range a host's connections share one address of 128.
    const handle = await rig.start({
      needs: [{ destination: "198.51.100.3:80", connections: 150 }],
      stress: { holdS: 3, lifeS: 60 },
    });
    const range = await rig.gate(handle, "failed-stress");
    expect(range.title).toMatch(/nat\.(noPort|search): .*spread by connection/);
    await rig.configure((egress) => {
      egress.spread = "connection";
    });
    await rig.answer(handle, "failed-stress", "retry");
    const failed = await rig.until(handle, ({ steps }) =>
      steps.some(
        ({ id, attempt, standing }) =>
          id === "stress" && attempt === 2 && standing === "failed",
      ),
    );
    const { failure } = failed.steps.find(({ id }) => id === "stress") ?? {};
    expect(failure?.message).toMatch(
      /^application\.noReuse: the client opened/,
    );
    await writeFile(mended, "1");
    await rig.answer(handle, "failed-stress", "retry");
    await rig.gate(handle, "production");
    for (const { id } of [...lab.gateways, lab.staging.gateway])
      expect(await lab.sh(id, "nft list tables")).not.toContain("runbooks");
    await rig.answer(handle, "production", "deny");
    expect(await handle.result()).toMatchObject({ outcome: "denied" });
    await letGo();
  }, 300_000);
});
