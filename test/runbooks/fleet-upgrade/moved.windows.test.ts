import { workflowId } from "../../../runbooks/fleet-upgrade/ids";
import type { FleetUpgradeInput } from "../../../runbooks/fleet-upgrade/contract";
import type { fleetUpgrade } from "../../../runbooks/fleet-upgrade/workflow";
import { gatesQuery } from "../../../workflows/gate/messages";
import { calendarChanged } from "../../../workflows/window/messages";
import { eventually } from "../../harness/eventually";
import { effectsOf, eachEffectOnce } from "../../harness/host-log";
import { type FleetHandle, type Rig, startRig } from "../../harness/rig";
import { fastForward, startSkipping, uniqueId } from "../../harness/temporal";
import { type Calendars, calendarsOf, nightIn, openFor } from "./window-rig";

jest.setTimeout(180_000);

let rig: Rig;
let keepTo: (calendars: Calendars) => void;
beforeAll(async () => {
  rig = await startRig({ lab: { hosts: 2, pools: 1, service: false } });
  keepTo = calendarsOf(rig);
}, 180_000);
afterAll(() => rig.stop(), 30_000);

const gate = "window-moved";
const quick = {
  ...{ canary: { gate: false }, checks: { hosts: "none" } },
  slowStart: false,
} as const satisfies Partial<FleetUpgradeInput>;

/** A run that people were told waits for that night. */
async function waiting(version: string, days = 100): Promise<FleetHandle> {
  keepTo(nightIn(days).calendars);
  const handle = await rig.start({ ...quick, version });
  await rig.until(handle, ({ halts }) =>
    halts.some((halt) => halt.kind === "closed" && "opensAt" in halt),
  );
  return handle;
}

async function edit(handle: FleetHandle, calendars: Calendars) {
  keepTo(calendars);
  await handle.signal(calendarChanged);
}

const nothingAsked = (handle: Pick<FleetHandle, "query">) =>
  eventually(async () =>
    (await handle.query(gatesQuery)).length === 0 ? true : undefined,
  );

describe("a run whose window moves", () => {
  it("asks once more, starts nothing before that though it is open, and need not ask when it is back", async () => {
    const handle = await waiting("2.0.0");
    const [friday, saturday] = [nightIn(100), nightIn(101)];
    await edit(handle, saturday.calendars);
    const first = await rig.gate(handle, gate);
    expect(first.title).toBe(
      `the window of ${friday.opens} has moved: it opens at ${saturday.opens} (nights: outside of its windows). Go on then?`,
    );
    await edit(handle, friday.calendars);
    await nothingAsked(handle);
    await edit(handle, { nights: openFor(180) });
    const second = await rig.gate(handle, gate);
    expect(second.nonce).not.toBe(first.nonce);
    const { halts } = await rig.until(handle, () => true);
    expect(halts).toMatchObject([{ kind: "closed", gate }]);
    const details = await handle.query<{ currentDetails: string }>(
      "__temporal_workflow_metadata",
    );
    expect(details.currentDetails).toContain(
      "waits for gate window-moved to be approved",
    );
    for (const { id } of rig.lab.hosts)
      expect(effectsOf(rig.lab, id)).toMatchObject({ drain: 0, apply: 0 });
    await rig.answer(handle, gate, "approve");
    const result = await handle.result();
    expect(result.outcome).toBe("completed");
    for (const { id } of rig.lab.hosts)
      expect(effectsOf(rig.lab, id)).toEqual(eachEffectOnce);
    const report = await rig.reportOf(result);
    expect(report).toContain(
      `the window of ${friday.opens} has moved: it opens at ${saturday.opens}`,
    );
    expect(report).toContain(`the window of ${friday.opens} holds as it was`);
    expect(report).toContain("gate window-moved: **approve** by test");
  });

  it("ends as denied when nobody wants it then", async () => {
    const handle = await waiting("3.0.0");
    await edit(handle, nightIn(101).calendars);
    await rig.answer(handle, gate, "deny");
    const result = await handle.result();
    expect(result).toMatchObject({
      ...{ outcome: "denied", counts: { "not attempted": 2 } },
    });
    expect(await rig.reportOf(result)).toContain("denied by test");
  });

  it("asks when no window is left, and then takes the next one that comes", async () => {
    const handle = await waiting("4.0.0");
    await edit(handle, { nights: openFor(30) });
    const { title } = await rig.gate(handle, gate);
    expect(title).toContain("it opens not at all");
    await rig.answer(handle, gate, "approve");
    await nothingAsked(handle);
    await edit(handle, { nights: openFor(180) });
    expect(await handle.result()).toMatchObject({ outcome: "completed" });
  });

  it("asks nobody any more when it is aborted", async () => {
    const handle = await waiting("5.0.0");
    await edit(handle, nightIn(101).calendars);
    await rig.gate(handle, gate);
    await handle.signal("abort", { by: "ada" });
    const result = await handle.result();
    expect(result.outcome).toBe("aborted");
    expect(await rig.reportOf(result)).toContain("No question was answered.");
  });

  it("finds it out by itself a week before", async () => {
    keepTo(nightIn(20).calendars);
    const full: FleetUpgradeInput = {
      ...{ target: "lab", change: uniqueId("chg"), component: "app" },
      ...{ version: "6.0.0", mode: "execute", ...quick },
    };
    const handle = await startSkipping<typeof fleetUpgrade>(
      ...([rig.server.client, "fleetUpgrade"] as const),
      { taskQueue: rig.taskQueue, workflowId: workflowId(full), args: [full] },
      { fastForwardMs: 60_000 },
    );
    await rig.until(handle, ({ halts }) =>
      halts.some((halt) => halt.kind === "closed" && "opensAt" in halt),
    );
    keepTo(nightIn(21).calendars);
    await fastForward(handle, 10 * 86_400_000);
    expect(await handle.query(gatesQuery)).toEqual([]);
    await fastForward(handle, 4 * 86_400_000);
    const { title } = await rig.gate(handle, gate);
    expect(title).toContain(`it opens at ${nightIn(21).opens}`);
    await handle.signal("abort", { by: "ada" });
    await handle.result();
  });
});
