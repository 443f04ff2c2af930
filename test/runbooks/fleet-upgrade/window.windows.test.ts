import { writeFileSync } from "node:fs";
import { locksQuery } from "../../../workflows/lock/messages";
import { calendarChanged } from "../../../workflows/window/messages";
import { eventually } from "../../harness/eventually";
import { effectsOf, eachEffectOnce } from "../../harness/host-log";
import { type Rig, startRig } from "../../harness/rig";
import {
  admissionsOf,
  type Calendars,
  calendarsOf,
  nightly,
  openFor,
  startInSkippedTime,
} from "./window-rig";

let rig: Rig;
let keepTo: (calendars: Calendars) => void;
beforeAll(async () => {
  rig = await startRig({
    lab: { hosts: 6, pools: 1, applyMs: 1_500, minReadyS: 1 },
  });
  keepTo = calendarsOf(rig);
}, 180_000);
afterAll(() => rig.stop(), 30_000);

/** All are over. */
const holidays = {
  holidays: { tz: "Etc/UTC", default: "open", exclusions: ["2020-01-01"] },
};

describe("a target that keeps to calendars", () => {
  it("is upgraded in its windows only, over as many of them as it takes", async () => {
    keepTo({ nights: nightly });
    const handle = await startInSkippedTime(rig, { version: "2.0.0" });
    const result = await handle.result();
    expect(result.outcome).toBe("completed");
    for (const { id } of rig.lab.hosts)
      expect(effectsOf(rig.lab, id)).toEqual(eachEffectOnce);
    const admissions = await admissionsOf(handle);
    expect(admissions).toHaveLength(6);
    const nights = new Set<string>();
    for (const at of admissions) {
      const [day = "", time = ""] = at.toISOString().split("T");
      expect(time).toMatch(/^02:00:0[0-4]/);
      nights.add(day);
    }
    expect(nights.size).toBeGreaterThan(1);
    const report = await rig.reportOf(result);
    expect(report).toMatch(/T02:00:0\d.*Z in window\n/);
    expect(report).toMatch(
      /out of window \(.*\), until 20\d\d-\d\d-\d\dT02:00:00.000Z/,
    );
  }, 120_000);

  it("waits, says until when, and hears at once that a calendar was edited", async () => {
    const day = new Date(Date.now() + 100 * 86_400_000)
      .toISOString()
      .slice(0, 10);
    const opens = `${day}T22:00:00.000Z`;
    const dtstart = `${day}T22:00`;
    keepTo({ nights: { tz: "Etc/UTC", dtstart, duration: "PT6H" } });
    const handle = await rig.start({
      ...{ version: "3.0.0", canary: { gate: false } },
      checks: { hosts: "none" },
    });
    const { halts, counts } = await rig.until(handle, (seen) =>
      seen.halts.some((halt) => halt.kind === "closed" && "opensAt" in halt),
    );
    const opensAt = Date.parse(opens);
    expect(halts).toMatchObject([{ kind: "closed", opensAt }]);
    expect(counts["in work"]).toBe(0);
    const details = await handle.query<{ currentDetails: string }>(
      "__temporal_workflow_metadata",
    );
    expect(details.currentDetails).toContain(`goes on by itself at ${opens}`);
    keepTo(holidays);
    await handle.signal(calendarChanged);
    await rig.answer(handle, "window-moved", "approve");
    const result = await handle.result();
    expect(result).toMatchObject({ outcome: "completed" });
    expect(await rig.reportOf(result)).toContain(
      `the window of ${opens} has moved`,
    );
  }, 180_000);

  it("takes no lock in its turn when its window closed while it waited in line", async () => {
    keepTo(holidays);
    const short = { checks: { hosts: "none" }, slowStart: false } as const;
    const first = await rig.start({ version: "3.1.0", ...short });
    await rig.gate(first, "canary");
    const second = await rig.start({
      ...{ version: "3.1.1", canary: { gate: false }, ...short },
    });
    const isHeldBy = (kind: string) =>
      rig.until(second, ({ halts }) => halts.some((one) => one.kind === kind));
    await isHeldBy("lock");
    keepTo({ past: openFor(30) });
    await second.signal(calendarChanged);
    await rig.answer(first, "canary", "deny");
    await first.result();
    const { halts } = await isHeldBy("closed");
    expect(halts).toHaveLength(1);
    const locks = rig.server.client.workflow.getHandle("lock:lab");
    await eventually(async () =>
      (await locks.query(locksQuery)).length === 0 ? true : undefined,
    );
    keepTo(holidays);
    await second.signal(calendarChanged);
    expect(await second.result()).toMatchObject({ outcome: "completed" });
  }, 180_000);

  it("starts nothing while its calendars cannot be read, and goes on when they can", async () => {
    keepTo(holidays);
    await rig.lab.setFault("web-01:fail@precheck");
    const handle = await rig.start({
      ...{ version: "4.0.0", canary: { gate: false }, slots: 1 },
      ...{ slowStart: false, checks: { hosts: "none" } },
      budget: { failures: 1 },
    });
    await rig.gate(handle, "failed-hosts");
    writeFileSync(rig.lab.configFile, "targets: [");
    await handle.signal(calendarChanged);
    const { halts } = await rig.until(handle, (seen) =>
      seen.halts.some(({ kind }) => kind === "closed"),
    );
    expect(JSON.stringify(halts)).toContain("the calendars cannot be read");
    await rig.lab.clearFaults();
    await rig.answer(handle, "failed-hosts", "retry");
    keepTo(holidays);
    await handle.signal(calendarChanged);
    expect(await handle.result()).toMatchObject({ outcome: "completed" });
  }, 180_000);
});
