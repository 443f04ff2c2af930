import type { FleetHandle } from "../harness/rig";
import { eventually } from "../harness/eventually";
import { calendarChanged } from "../../workflows/window/messages";
import {
  calendarsOf,
  nightIn,
  openFor,
} from "../runbooks/fleet-upgrade/window-rig";
import { Recorder } from "./recorder";

/** Runs here hand over after a few events instead of thousands: a few hosts need a chain of several. */
let recorder: Recorder;
beforeAll(async () => {
  recorder = await Recorder.start({ lab: { hosts: 6 }, suggestedEvents: 100 });
}, 120_000);
afterAll(() => recorder.stop(), 60_000);
afterEach(() => recorder.rig.lab.clearFaults());

/** The chain, whichever run of it is the newest. */
const newest = ({ workflowId }: FleetHandle) =>
  recorder.rig.server.client.workflow.getHandle(workflowId);

async function newestRun(handle: FleetHandle): Promise<string> {
  return (await newest(handle).describe()).runId;
}

/** Each refused answer is a few events: enough of them make a run hand over at that moment. */
async function makeItHandOver(handle: FleetHandle): Promise<void> {
  const before = await newestRun(handle);
  await eventually(async () => {
    await newest(handle).signal("approve", { gate: "none", by: "eve" });
    return (await newestRun(handle)) === before ? undefined : true;
  });
}

it("handed over while hosts are in work", async () => {
  const { rig } = recorder;
  const late = recorder.last(3);
  await recorder.fault(late, "hang@apply");
  const handle = await recorder.run({ version: "2.0.0", slots: 3 });
  await recorder.begun("apply 2.0.0", late);
  await makeItHandOver(handle);
  await rig.lab.clearFaults();
  expect(await recorder.saveChain(handle, "handed-over")).toBeGreaterThan(1);
}, 240_000);

it("handed over while a gate is open and the run is paused", async () => {
  const { rig } = recorder;
  await recorder.fault(recorder.last(1), "fail@precheck");
  const handle = await recorder.run({
    ...{ version: "3.0.0", slots: 3, budget: { failures: 1 } },
  });
  await rig.gate(newest(handle), "failed-hosts");
  await newest(handle).executeUpdate("pause", {
    args: [{ by: "ada", reason: "lunch" }],
  });
  await makeItHandOver(handle);
  await rig.lab.clearFaults();
  await newest(handle).executeUpdate("resume", { args: [{ by: "ada" }] });
  await rig.answer(newest(handle), "failed-hosts", "retry");
  expect(
    await recorder.saveChain(handle, "handed-over-paused"),
  ).toBeGreaterThan(1);
}, 240_000);

it("handed over while it winds up after a denial", async () => {
  const { rig } = recorder;
  const handle = await recorder.run({
    version: "4.0.0",
    canary: { gate: true },
  });
  await rig.gate(newest(handle), "canary");
  await eventually(async () => {
    const { historyLength } = await newest(handle).describe();
    if (historyLength > 90) return true;
    await newest(handle).signal("approve", { gate: "none", by: "eve" });
    return undefined;
  });
  await rig.answer(newest(handle), "canary", "deny");
  expect(
    await recorder.saveChain(handle, "handed-over-denied"),
  ).toBeGreaterThan(1);
}, 240_000);

it("handed over in the soak after the canaries, and aborted in it", async () => {
  const { rig } = recorder;
  const handle = await recorder.run({
    version: "5.0.0",
    canary: { gate: false, soakS: 3_600 },
  });
  await rig.until(handle, ({ step }) => step.includes("soak"));
  await makeItHandOver(handle);
  // It takes no word before it has read its plan again.
  await eventually(() => newest(handle).query("progress"));
  await newest(handle).executeUpdate("abort", { args: [{ by: "ada" }] });
  expect(
    await recorder.saveChain(handle, "handed-over-soaking"),
  ).toBeGreaterThan(1);
}, 240_000);

it("handed over while it catches up with hosts that appeared", async () => {
  const { rig } = recorder;
  const late = recorder.last(2);
  await recorder.fault(late, "vanish");
  const handle = await recorder.run({
    version: "6.0.0",
    canary: { gate: true },
  });
  await rig.gate(handle, "canary");
  await rig.lab.clearFaults();
  await recorder.fault(late, "hang@apply");
  await rig.answer(newest(handle), "canary", "approve");
  await recorder.begun("apply 6.0.0", late);
  await makeItHandOver(handle);
  await rig.lab.clearFaults();
  expect(
    await recorder.saveChain(handle, "handed-over-catching-up"),
  ).toBeGreaterThan(1);
}, 240_000);

it("handed over while it goes back", async () => {
  const { rig } = recorder;
  const handle = await recorder.run({ version: "7.0.0", slots: 3 });
  await rig.until(newest(handle), ({ counts }) => counts.upgraded >= 3);
  await recorder.fault(recorder.inOrder, "hang@undo");
  await newest(handle).executeUpdate("rollback", { args: [{ by: "ada" }] });
  await recorder.begun("undo", recorder.inOrder.slice(0, 2));
  await makeItHandOver(handle);
  await rig.lab.clearFaults();
  expect(
    await recorder.saveChain(handle, "handed-over-rolling-back"),
  ).toBeGreaterThan(1);
}, 240_000);

it("handed over while it is out of its window, which then moves", async () => {
  const keepTo = calendarsOf(recorder.rig);
  keepTo(nightIn(100).calendars);
  const handle = await recorder.run({ version: "8.0.0" });
  await recorder.rig.until(newest(handle), ({ halts }) =>
    halts.some(({ kind }) => kind === "closed"),
  );
  await makeItHandOver(handle);
  keepTo({ nights: openFor(600) });
  await newest(handle).signal(calendarChanged);
  await recorder.rig.answer(newest(handle), "window-moved", "approve");
  expect(
    await recorder.saveChain(handle, "handed-over-out-of-window"),
  ).toBeGreaterThan(1);
}, 240_000);
