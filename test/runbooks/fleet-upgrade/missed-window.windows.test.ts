import type { FleetUpgradeInput } from "../../../runbooks/fleet-upgrade/contract";
import { workflowId } from "../../../runbooks/fleet-upgrade/ids";
import type { fleetUpgrade } from "../../../runbooks/fleet-upgrade/workflow";
import type { RolloutProgress } from "../../../workflows/rollout/words";
import { calendarChanged } from "../../../workflows/window/messages";
import { eventually } from "../../harness/eventually";
import { timesBegun } from "../../harness/host-log";
import { type FleetHandle, type Rig, startRig } from "../../harness/rig";
import { uniqueId } from "../../harness/temporal";
import { type Calendars, calendarsOf, oneByOne, openFor } from "./window-rig";

jest.setTimeout(180_000);

let rig: Rig;
let keepTo: (calendars: Calendars) => void;
beforeAll(async () => {
  rig = await startRig({ lab: { hosts: 2, pools: 1 } });
  keepTo = calendarsOf(rig);
}, 180_000);
afterAll(() => rig.stop(), 30_000);

type Run = Pick<FleetHandle, "query" | "signal" | "executeUpdate" | "result">;

const isOut = ({ halts }: RolloutProgress): boolean =>
  halts.some(({ kind }) => kind === "closed");

/** It opens while the run is paused, and closes again. */
async function passWindow(handle: Run): Promise<void> {
  await rig.until(handle, isOut);
  await handle.signal("pause", { by: "ada", reason: "looks odd" });
  keepTo({ nights: openFor(180) });
  await handle.signal(calendarChanged);
  await rig.until(handle, (seen) => !isOut(seen));
  keepTo({ nights: openFor(30) });
  await handle.signal(calendarChanged);
}

/** As `runbook schedule` opens it. */
async function openBySchedule(version: string): Promise<Run> {
  const input: FleetUpgradeInput = {
    ...{ target: "lab", change: uniqueId("weekly"), component: "app" },
    ...{ version, mode: "execute", ...oneByOne },
  };
  const { schedule, workflow } = rig.server.client;
  const handle = await schedule.create({
    scheduleId: workflowId(input),
    spec: {},
    action: {
      type: "startWorkflow",
      workflowType: "fleetUpgrade",
      workflowId: workflowId(input),
      taskQueue: rig.taskQueue,
      args: [input],
    },
  });
  await handle.trigger();
  const id = await eventually(async () => {
    const { info } = await handle.describe();
    return info.recentActions[0]?.action.workflow.workflowId;
  });
  return workflow.getHandle<typeof fleetUpgrade>(id);
}

const missed =
  /the window of .* passed, and nothing could start: Halted: paused by ada: looks odd/;

describe("a window in which a run could start nothing", () => {
  it("is told of in the report of a run that somebody started, which waits for the next one", async () => {
    keepTo({ nights: openFor(30) });
    const handle = await rig.start({ ...oneByOne, version: "2.0.0" });
    await passWindow(handle);
    await rig.until(handle, isOut);
    keepTo({ nights: openFor(180) });
    await handle.signal(calendarChanged);
    await handle.signal("resume", { by: "ada" });
    const result = await handle.result();
    expect(result.outcome).toBe("completed");
    expect(await rig.reportOf(result)).toMatch(missed);
  });

  it("ends a run that a Schedule opened for it, which says what held it and touches nothing", async () => {
    const before = rig.lab.hosts.map(({ id }) =>
      timesBegun(rig.lab, id, "precheck"),
    );
    keepTo({ nights: openFor(30) });
    const handle = await openBySchedule("3.0.0");
    await passWindow(handle);
    const result = await handle.result();
    expect(result).toMatchObject({
      outcome: "missed its window",
      counts: { "not attempted": 2 },
    });
    expect(await rig.reportOf(result)).toMatch(missed);
    expect(
      rig.lab.hosts.map(({ id }) => timesBegun(rig.lab, id, "precheck")),
    ).toEqual(before);
  });

  it("does not end a run of a Schedule that has begun in it and goes on in the next one", async () => {
    await rig.lab.setFault("web-01:fail@precheck");
    keepTo({ nights: openFor(180) });
    const handle = await openBySchedule("4.0.0");
    await rig.gate(handle, "failed-hosts");
    keepTo({ nights: openFor(30) });
    await handle.signal(calendarChanged);
    await rig.until(handle, isOut);
    await rig.lab.clearFaults();
    await rig.answer(handle, "failed-hosts", "retry");
    keepTo({ nights: openFor(180) });
    await handle.signal(calendarChanged);
    expect(await handle.result()).toMatchObject({ outcome: "completed" });
  });
});
