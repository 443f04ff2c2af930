import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { gatesQuery } from "../../../workflows/gate/messages";
import { controlUpdates } from "../../../workflows/controls/messages";
import { calendarChanged } from "../../../workflows/window/messages";
import type { RolloutProgress } from "../../../workflows/rollout/words";
import { eachEffectOnce, effectsOf, timesBegun } from "../../harness/host-log";
import { eventually } from "../../harness/eventually";
import { type FleetHandle, type Rig, startRig } from "../../harness/rig";
import { calendarsOf } from "./window-rig";

/** Runs here hand over after 150 events instead of 4,096: 24 hosts need a chain of several. */
let rig: Rig;
beforeAll(async () => {
  rig = await startRig({
    lab: { hosts: 24, pools: 2, applyMs: 20 },
    suggestedEvents: 150,
  });
}, 180_000);
afterAll(() => rig.stop(), 30_000);
afterEach(() => rig.lab.clearFaults());

/** How many runs the chain has had, its newest included. */
async function runsOf({ workflowId }: FleetHandle): Promise<number> {
  const query = `WorkflowId="${workflowId}"`;
  return eventually(async () => {
    const { count } = await rig.server.client.workflow.count(query);
    return count > 0 ? count : undefined;
  });
}
const newest = ({ workflowId }: FleetHandle) =>
  rig.server.client.workflow.getHandle(workflowId);

/** Each refused answer is a few events: enough of them make the run hand over, whatever it is doing. */
async function handOver(handle: FleetHandle): Promise<void> {
  const runs = await runsOf(handle);
  for (let n = 0; (await runsOf(handle)) === runs && n < 300; n++)
    await newest(handle).signal("approve", { gate: "none", by: "eve" });
}
const progressOf = (handle: FleetHandle) =>
  eventually(() => newest(handle).query<RolloutProgress>("progress"));

describe("a run that hands over to the next of its chain", () => {
  it("goes on where it stood: every host is upgraded once, and one report tells of all", async () => {
    const handle = await rig.start({
      ...{ version: "2.0.0", slots: 8, slowStart: false },
      canary: { gate: false },
    });
    const result = await handle.result();
    expect(result.counts.upgraded).toBe(24);
    for (const { id } of rig.lab.hosts)
      expect(effectsOf(rig.lab, id)).toEqual(eachEffectOnce);
    expect(await runsOf(handle)).toBeGreaterThanOrEqual(2);
    const { key = "" } = result.report?.json ?? {};
    const report = JSON.parse(
      await readFile(join(rig.folder, "artifacts", key), "utf8"),
    ) as { hosts: { ms: number; version: string; outcome: string }[] };
    expect(report.hosts).toHaveLength(24);
    for (const { ms, version, outcome } of report.hosts)
      expect([ms > 0, version, outcome]).toEqual([true, "2.0.0", "upgraded"]);
  }, 300_000);

  it("keeps its open questions, its pause, and what was sent to it", async () => {
    const [bad = ""] = rig.lab.hosts.slice(-1).map(({ id }) => id);
    await rig.lab.setFault(`${bad}:fail@precheck`);
    const handle = await rig.start({
      ...{ version: "3.0.0", slots: 6, slowStart: false },
      canary: { gate: false },
      budget: { failures: 1 },
    });
    const gate = await rig.gate(newest(handle), "failed-hosts");
    const pause = { args: [{ by: "ada", reason: "lunch" }] as const };
    await newest(handle).executeUpdate(controlUpdates.pause, {
      args: [pause.args[0]],
      updateId: "pause-1",
    });
    await handOver(handle);
    const after = await rig.gate(newest(handle), "failed-hosts");
    expect(after.nonce).toBe(gate.nonce);
    const progress = await progressOf(handle);
    expect(progress.halts).toMatchObject([{ kind: "paused", by: "ada" }]);
    // The same Update, sent again by a caller that heard no answer: done once, answered again.
    const again = await newest(handle).executeUpdate(controlUpdates.pause, {
      args: [pause.args[0]],
      updateId: "pause-1",
    });
    expect(again).toContain("paused");
    await rig.lab.clearFaults();
    await newest(handle).executeUpdate(controlUpdates.resume, {
      args: [{ by: "ada" }],
    });
    await rig.answer(newest(handle), "failed-hosts", "retry");
    const { counts } = await handle.result();
    expect(counts.upgraded).toBe(24);
    const report = await rig.reportOf(await handle.result());
    expect(report.match(/paused: hosts in work finish/g)).toHaveLength(1);
    expect(report).toContain("by ada: lunch");
  }, 300_000);

  it("goes on with the soak that it was in, not with a new one", async () => {
    const handle = await rig.start({
      ...{ version: "4.0.0", canary: { gate: false, soakS: 3_600 } },
      checks: { hosts: "none" },
    });
    const { step } = await rig.until(handle, (seen) =>
      seen.step.includes("soak after canaries, until"),
    );
    await handOver(handle);
    expect((await progressOf(handle)).step).toBe(step);
    await newest(handle).executeUpdate(controlUpdates.abort, {
      args: [{ by: "ada" }],
    });
    expect(await handle.result()).toMatchObject({ outcome: "aborted" });
  }, 300_000);

  it("goes on with the hosts that it was catching up with", async () => {
    const [bad = "", ...late] = rig.lab.hosts.slice(-3).map(({ id }) => id);
    await rig.lab.setFault(late.map((id) => `${id}:vanish`));
    await rig.lab.setFault(`${bad}:fail@precheck`);
    const handle = await rig.start({
      ...{ version: "5.0.0", slots: 8, slowStart: false },
      ...{ canary: { gate: false }, checks: { hosts: "none" } },
      budget: { failures: 1 },
    });
    // The plan knows neither of the two; the failed host keeps the run from its census until they are there.
    await rig.gate(newest(handle), "failed-hosts");
    await rig.lab.clearFaults();
    await rig.lab.setFault(late.map((id) => `${id}:slow:4s@apply*1`));
    await rig.answer(newest(handle), "failed-hosts", "retry");
    // By the hosts' own logs: a question to the run every 50 ms would hold it up.
    await eventually(
      () =>
        late.every((id) => timesBegun(rig.lab, id, "apply 5.0.0") > 0)
          ? true
          : undefined,
      180_000,
    );
    await handOver(handle);
    const { counts } = await handle.result();
    expect(counts.upgraded).toBe(24);
    for (const id of late)
      expect(timesBegun(rig.lab, id, "apply 5.0.0")).toBe(1);
  }, 300_000);

  it("asks nobody again after a denial", async () => {
    const handle = await rig.start({ version: "6.0.0", slots: 8 });
    await rig.gate(newest(handle), "canary");
    // Refused answers bring the run so near to its end that it hands over while it winds up.
    await eventually(async () => {
      const { historyLength } = await newest(handle).describe();
      if (historyLength > 139) return true;
      await newest(handle).signal("approve", { gate: "none", by: "eve" });
      return undefined;
    });
    await rig.answer(newest(handle), "canary", "deny");
    const { outcome, counts } = await handle.result();
    expect(outcome).toBe("denied");
    expect(counts).toMatchObject({ upgraded: 2, "not attempted": 22 });
    expect(await runsOf(handle)).toBe(2);
  }, 180_000);
});

describe("a run out of its window that hands over", () => {
  const nightIn = (days: number) => {
    const at = new Date(Date.now() + days * 86_400_000).toISOString();
    const dtstart = `${at.slice(0, 10)}T22:00`;
    return { nights: { tz: "Etc/UTC", dtstart, duration: "PT6H" } };
  };
  const openGates = (handle: FleetHandle) =>
    eventually(async () => {
      const gates = await newest(handle).query(gatesQuery);
      return gates.length === 2 ? gates : undefined;
    });

  it("still asks who may work, and whether it may later, and knows who has said so", async () => {
    const keepTo = calendarsOf(rig);
    keepTo(nightIn(100));
    const handle = await rig.start({
      ...{ version: "9.0.0", slots: 8, slowStart: false },
      ...{ canary: { gate: false }, checks: { hosts: "none" } },
    });
    await rig.until(handle, ({ halts }) => halts.some((h) => "opensAt" in h));
    const wish = { by: "ada", reason: "a hole", hours: 2 };
    await handle.executeUpdate(controlUpdates.override, { args: [wish] });
    keepTo(nightIn(101));
    await handle.signal(calendarChanged);
    const asked = await openGates(handle);
    await handOver(handle);
    const kept = await openGates(handle);
    const nonces = (gates: typeof asked) => gates.map(({ nonce }) => nonce);
    expect(nonces(kept).sort()).toEqual(nonces(asked).sort());
    const { halts } = await progressOf(handle);
    expect(halts).toMatchObject([{ kind: "closed", gate: "window-moved" }]);
    const again = (by: string) =>
      rig.answer(newest(handle), "window-override", "approve", {
        ...{ by, comment: "seen the logs" },
      });
    await expect(again("ada")).rejects.toMatchObject({
      cause: { details: ["asker"] },
    });
    await again("ben");
    const result = await handle.result();
    expect(result.counts.upgraded).toBe(24);
    expect(await runsOf(handle)).toBeGreaterThanOrEqual(3);
    const report = await rig.reportOf(result);
    expect(
      report.match(/override of the window by ada, approved by/g),
    ).toHaveLength(2);
    expect(report.match(/the window of \S+ has moved/g)).toHaveLength(1);
  }, 300_000);
});
