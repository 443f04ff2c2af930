import { rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { controlUpdates } from "../../../workflows/controls/messages";
import { hostsQuery } from "../../../workflows/rollout/messages";
import { timesBegun } from "../../harness/host-log";
import { type FleetHandle, type Rig, startRig } from "../../harness/rig";
import { jsonReport, jsonReportOfRun } from "./json-report";

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ lab: { hosts: 10, pools: 2 } });
  // Every host runs a version of its own making first, to go back to.
  const handle = await rig.start({ version: "1.5.0", ...quick, slots: 10 });
  await handle.result();
}, 90_000);
afterAll(() => rig.stop(), 30_000);
afterEach(() => rig.lab.clearFaults());

const quick = { canary: { gate: false }, slowStart: false } as const;

describe("a run that ends early with hosts set aside", () => {
  /** One of each pool: both are canaries, in work at once. */
  const canaries = (): [string, string] => {
    const pools = new Map(rig.lab.hosts.map(({ id, pool }) => [pool, id]));
    const [one = "", two = ""] = pools.values();
    return [one, two];
  };
  /** The first fails before anything is changed, the second between two versions. */
  const failing = async (version: string) => {
    const [one, two] = canaries();
    await rig.lab.setFault([`${one}:fail@fetch*1`, `${two}:fail@restart*1`]);
    const handle = await rig.start({
      ...{ version, ...quick, slots: 10 },
      hosts: { ids: [one, two] },
      budget: { failures: 2 },
    });
    await rig.until(handle, ({ counts }) => counts.quarantined === 2);
    return handle;
  };
  const abort = (handle: FleetHandle) =>
    handle.executeUpdate(controlUpdates.abort, { args: [{ by: "ada" }] });

  it.each(["aborted", "cancelled"] as const)(
    "(%s) puts a drained host back that is ready, and leaves one out that is not",
    async (how) => {
      const [one, two] = canaries();
      const before = timesBegun(rig.lab, one, "undrain");
      const handle = await failing(how === "aborted" ? "4.0.0" : "4.1.0");
      await (how === "aborted" ? abort(handle) : handle.cancel());
      await handle.result().catch(() => undefined);
      const report = await jsonReportOfRun(rig, handle);
      expect(report.outcome).toBe(how);
      expect(timesBegun(rig.lab, one, "undrain")).toBe(before + 1);
      expect(report.hosts.filter(({ leftOut }) => leftOut === true)).toEqual([
        expect.objectContaining({ id: two, outcome: "quarantined" }),
      ]);
    },
    120_000,
  );

  it("puts back a host, too, that somebody excluded while it was drained", async () => {
    const [one] = canaries();
    const before = timesBegun(rig.lab, one, "undrain");
    const handle = await failing("4.2.0");
    await rig.answer(handle, "failed-hosts", "exclude", { hosts: [one] });
    await abort(handle);
    expect((await handle.result()).outcome).toBe("aborted");
    expect(timesBegun(rig.lab, one, "undrain")).toBe(before + 1);
  }, 120_000);
});

describe("a host that somebody puts back to its old version while the run goes on", () => {
  /** Its service starts what the link says. */
  const downgrade = async (id: string): Promise<void> => {
    const link = join(rig.lab.hostRoot(id), "opt/app/current");
    rmSync(link);
    symlinkSync("releases/1.5.0", link);
    await rig.lab.happen(id, "reboot");
  };
  const asked = async (version: string, waves: number) => {
    const handle = await rig.start({
      ...{ version, slots: 10, slowStart: false, census: { waves } },
    });
    await rig.gate(handle, "canary");
    const { hosts } = await handle.query(hostsQuery, { standing: "upgraded" });
    const id = hosts[0]?.id ?? "";
    await downgrade(id);
    await rig.answer(handle, "canary", "approve");
    const result = await handle.result();
    return { id, result, report: await jsonReport(rig, result) };
  };

  it("is caught up with in a wave of its own", async () => {
    const { id, result, report } = await asked("7.0.0", 2);
    expect(result.counts).toMatchObject({ upgraded: 10 });
    expect(timesBegun(rig.lab, id, "apply 7.0.0")).toBe(2);
    const host = report.hosts.find((row) => row.id === id);
    expect(host).toMatchObject({ outcome: "upgraded", version: "7.0.0" });
  }, 90_000);

  it("is left as it is where no wave is allowed", async () => {
    const { id, result } = await asked("8.0.0", 0);
    expect(result.outcome).toBe("completed");
    expect(timesBegun(rig.lab, id, "apply 8.0.0")).toBe(1);
  }, 90_000);
});

describe("hosts that appear while the run goes on", () => {
  it("are caught up with in a wave of their own", async () => {
    const late = rig.lab.hosts.slice(-2).map(({ id }) => id);
    await rig.lab.setFault(late.map((id) => `${id}:vanish`));
    const handle = await rig.start({ version: "5.0.0", ...quick, slots: 4 });
    await rig.until(handle, ({ counts }) => counts.upgraded >= 1);
    await rig.lab.clearFaults();
    const result = await handle.result();
    expect(result.counts.upgraded).toBe(10);
    const report = await jsonReport(rig, result);
    expect(
      report.hosts
        .slice(-2)
        .map(({ id }) => id)
        .sort(),
    ).toEqual(late.sort());
  }, 90_000);

  it("are accounted for as not attempted when the run ends early", async () => {
    const [late = ""] = rig.lab.hosts.slice(-1).map(({ id }) => id);
    await rig.lab.setFault(`${late}:vanish`);
    const handle = await rig.start({ version: "6.0.0" });
    await rig.gate(handle, "canary");
    await rig.lab.clearFaults();
    await rig.answer(handle, "canary", "deny");
    const { hosts } = await jsonReport(rig, await handle.result());
    expect(hosts).toHaveLength(10);
    expect(hosts.at(-1)).toMatchObject({ id: late, outcome: "not attempted" });
  }, 90_000);
});
