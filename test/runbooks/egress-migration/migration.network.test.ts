import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describeWhen } from "../../harness/describe-when";
import { eventually } from "../../harness/eventually";
import {
  networkLabMissing,
  type NetworkRig,
  startNetworkRig,
} from "./network-rig";

describeWhen(networkLabMissing())("a migration of a fleet under load", () => {
  let rig: NetworkRig;
  beforeAll(async () => {
    rig = await startNetworkRig();
  }, 120_000);
  afterAll(() => rig.stop(), 120_000);

  /** Connections by the sites' own counts, that came by one of these addresses. */
  const cameTo = async (site: string, by: readonly string[]) => {
    const { [site]: sources = {} } = await rig.lab.counts();
    return Object.entries(sources)
      .filter(([source]) => by.includes(source))
      .reduce((sum, [, { connections }]) => sum + connections, 0);
  };

  it("moves who is ready without a failed connection, and never calls who is not from a new address", async () => {
    const { lab } = rig;
    const ready = ["site-01", "site-02", "site-03", "site-04"];
    const fresh = lab.gateways.flatMap((gateway) => gateway.new);
    const letGo = await rig.hold("site-03", 40);
    await lab.startLoad({ perSecond: 60 });
    const run = await rig.start({
      needs: [{ destination: "198.51.100.3:80", connections: 60 }],
      drainD: 0.01,
    });
    await rig.answer(run, "production", "approve");
    const { title } = await rig.gate(run, "failed-exceptions");
    for (const site of ["site-05", "site-06", "site-07", "site-10"])
      expect(title).toContain(site);
    const probed = await cameTo("site-05", fresh);
    await rig.answer(run, "failed-exceptions", "mark done", "they know");
    await rig.untilIn(run, "drain");
    const moved = await lab.loadCounts();
    for (const site of ready) {
      expect(moved.failed[site] ?? {}).toEqual({});
      expect(await cameTo(site, fresh)).toBeGreaterThan(0);
    }
    expect(await cameTo("site-05", fresh)).toBe(probed);
    const answered = moved.answered["site-03"] ?? 0;
    await eventually(async () => {
      const now = await lab.loadCounts();
      return (now.answered["site-03"] ?? 0) > answered || undefined;
    });
    // Those who stay keep the old addresses in use: a person goes on without them, or back.
    await letGo();
    await rig.control(run, "rollback");
    expect(await run.result()).toMatchObject({ outcome: "rolled back" });
    const { failed, attempted } = await lab.stopLoad();
    for (const site of ready) expect(failed[site] ?? {}).toEqual({});
    process.stdout.write(
      `${attempted} connections, ${JSON.stringify(failed)} failed\n`,
    );
    for (const { id } of lab.gateways)
      expect(await lab.sh(id, "nft list tables")).not.toContain("runbooks");
  }, 300_000);

  it("ends with the old addresses released, when all customers have let the new ones in", async () => {
    const { lab, folder } = rig;
    const path = join(folder, "egress.json");
    await rig.configure((egress) => {
      egress.publishedList = { host: "gw-1", path };
    });
    for (const { id } of lab.sites) await lab.setSite(id, {});
    const statuses = async () => {
      const { entries } = JSON.parse(await readFile(path, "utf8")) as {
        readonly entries: readonly { cidr: string; status: string }[];
      };
      const statusOf = (address: string) =>
        entries.find(({ cidr }) => cidr === `${address}/32`)?.status;
      return [statusOf("203.0.113.1"), statusOf("203.0.113.101")];
    };
    const letGo = await rig.hold("site-03", 40);
    await lab.startLoad({ perSecond: 40 });
    const run = await rig.start({ stages: { "ramp-100": { holdH: 0.002 } } });
    await rig.answer(run, "production", "approve");
    await rig.untilIn(run, "verify-1");
    expect(await statuses()).toEqual(["active", "planned"]);
    await rig.untilIn(run, "ramp-100");
    expect(await statuses()).toEqual(["active", "active"]);
    await rig.untilIn(run, "drain");
    await letGo();
    await rig.gate(run, "release");
    expect(await statuses()).toEqual(["retiring", "active"]);
    expect(await lab.sh("gw-1", "ip -o -4 addr show dev out")).not.toMatch(
      /203\.0\.113\.[1-9]\//,
    );
    await rig.answer(run, "release", "release");
    const result = await run.result();
    expect(result).toMatchObject({ outcome: "completed" });
    expect(await statuses()).toEqual(["retired", "active"]);
    const { attempted, failed } = await lab.stopLoad();
    expect(attempted).toBeGreaterThan(200);
    expect(failed).toEqual({});
    expect(await rig.reportOf(result)).toContain("12 ready");
  }, 300_000);
});
