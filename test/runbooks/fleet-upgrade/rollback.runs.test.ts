import type { Report } from "../../../runbooks/fleet-upgrade/report";
import { controlSignals } from "../../../workflows/controls/messages";
import { timesBegun } from "../../harness/host-log";
import { type Rig, startRig } from "../../harness/rig";
import { jsonReport } from "./json-report";

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ lab: { hosts: 10, pools: 2 } });
  // Every host runs a version of its own making first, to go back to.
  const handle = await rig.start({ version: "1.5.0", ...quick, slots: 10 });
  await handle.result();
}, 180_000);
afterAll(() => rig.stop(), 30_000);
afterEach(() => rig.lab.clearFaults());

const quick = { canary: { gate: false }, slowStart: false } as const;
const idsWith = ({ hosts }: Report, outcome: string): string[] =>
  hosts.filter((host) => host.outcome === outcome).map(({ id }) => id);
const undone = (): string[] =>
  rig.lab.hosts
    .filter(({ id }) => timesBegun(rig.lab, id, "undo") > 0)
    .map(({ id }) => id);

describe("a rollback", () => {
  it("takes back exactly the hosts that were touched, whatever became of them", async () => {
    const handle = await rig.start({
      ...{ version: "2.0.0", ...quick, slots: 2 },
      budget: { failures: 3 },
    });
    await rig.until(handle, ({ counts }) => counts.upgraded >= 3);
    await handle.signal(controlSignals.rollback, {
      by: "ada",
      reason: "errors on the login page",
    });
    const result = await handle.result();
    expect(result.outcome).toBe("rolled back");
    const report = await jsonReport(rig, result);
    const back = idsWith(report, "rolled back");
    expect(back.length).toBeGreaterThanOrEqual(3);
    expect(undone().sort()).toEqual([...back].sort());
    expect(back.length + idsWith(report, "not attempted").length).toBe(10);
    for (const { outcome, version } of report.hosts)
      if (outcome === "rolled back") expect(version).toBe("1.5.0");
    for (const id of back)
      expect(timesBegun(rig.lab, id, "apply 2.0.0")).toBe(1);
    const said = report.timeline.map(({ text }) => text).join("\n");
    expect(said).toContain("by ada: errors on the login page");
  }, 180_000);

  it("of one failed host leaves the others upgraded", async () => {
    const [pool = ""] = rig.lab.hosts.map((host) => host.pool);
    const [bad = ""] = rig.lab.hosts
      .filter((host) => host.pool === pool)
      .map(({ id }) => id);
    await rig.lab.setFault(`${bad}:fail@restart*1`);
    const handle = await rig.start({
      ...{ version: "3.0.0", ...quick, slots: 10 },
      budget: { failures: 1 },
    });
    await rig.answer(handle, "failed-hosts", "roll back host");
    const result = await handle.result();
    expect(result.outcome).toBe("completed");
    expect(result.counts).toMatchObject({ upgraded: 9, "rolled back": 1 });
    const report = await jsonReport(rig, result);
    expect(idsWith(report, "rolled back")).toEqual([bad]);
  }, 180_000);
});
