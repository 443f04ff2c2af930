import { workflowId } from "../../../runbooks/fleet-upgrade/ids";
import type { fleetUpgrade } from "../../../runbooks/fleet-upgrade/workflow";
import { controlUpdates } from "../../../workflows/controls/messages";
import { hostsQuery } from "../../../workflows/rollout/messages";
import { effectsOf, eachEffectOnce, timesBegun } from "../../harness/host-log";
import { type Rig, startRig } from "../../harness/rig";
import { startSkipping, uniqueId } from "../../harness/temporal";
import {
  calendarsOf,
  nightly,
  oneByOne,
  startInSkippedTime,
} from "./window-rig";

let rig: Rig;
let id: string;
beforeAll(async () => {
  // An apply that begins in the window ends behind its close.
  rig = await startRig({ lab: { hosts: 1, pools: 1, applyMs: 4_500 } });
  const [host] = rig.lab.hosts;
  id = host?.id ?? "";
  const atClose = "finish-step-and-park";
  calendarsOf(rig)({ nights: { ...nightly, atClose } });
}, 180_000);
afterAll(() => rig.stop(), 30_000);

/** A run that has been through one night, and waits for the next. */
async function parkedRun(version: string) {
  const input = {
    ...{ target: "lab", change: uniqueId("chg"), component: "app", version },
    ...{ mode: "execute" as const, ...oneByOne },
  };
  const today = new Date().setUTCHours(2, 1, 0);
  // The first night to come, at whatever time of the day this runs.
  const tonight = today > Date.now() ? today : today + 86_400_000;
  return startSkipping<typeof fleetUpgrade>(
    rig.server.client,
    "fleetUpgrade",
    { taskQueue: rig.taskQueue, workflowId: workflowId(input), args: [input] },
    { fastForwardMs: tonight - Date.now(), maxSkips: 1_000 },
  );
}

const between = { after: "apply", before: "restart", drained: true };
const words = "parked between apply and restart, and stays drained";

describe("a window that closes in the middle of a visit, whose calendar says finish-step-and-park", () => {
  it("parks the host behind its step, and goes on there in the next one", async () => {
    const handle = await startInSkippedTime(rig, { version: "2.0.0" });
    const result = await handle.result();
    expect(result.outcome).toBe("completed");
    expect(effectsOf(rig.lab, id)).toEqual(eachEffectOnce);
    const report = await rig.reportOf(result);
    expect(report).toContain(`${id}: ${words}`);
    const nights = report.match(/T02:00:0\d\.\d+Z in window/g) ?? [];
    expect(nights.length).toBeGreaterThan(1);
  }, 180_000);

  it("says who is parked where, and takes it back when that is asked", async () => {
    const handle = await parkedRun("3.0.0");
    const { hosts } = await handle.query(hostsQuery);
    expect(hosts).toMatchObject([{ standing: "waiting", parked: between }]);
    const { currentDetails } = await handle.query<{ currentDetails: string }>(
      "__temporal_workflow_metadata",
    );
    expect(currentDetails).toContain(`${id} ${words}`);
    await handle.executeUpdate(controlUpdates.rollback, {
      args: [{ by: "ada" }],
    });
    expect(await handle.result()).toMatchObject({ outcome: "rolled back" });
    expect(timesBegun(rig.lab, id, "undo")).toBe(1);
  }, 180_000);
});
