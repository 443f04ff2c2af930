import { calendarChanged } from "../../workflows/window/messages";
import type { FleetHandle } from "../harness/rig";
import {
  type Calendars,
  calendarsOf,
  nightIn,
  openFor,
} from "../runbooks/fleet-upgrade/window-rig";
import { Recorder } from "./recorder";

let recorder: Recorder;
let keepTo: (calendars: Calendars) => void;
beforeAll(async () => {
  recorder = await Recorder.start({ lab: { pools: 1 } });
  keepTo = calendarsOf(recorder.rig);
}, 120_000);
afterAll(() => recorder.stop(), 60_000);
afterEach(() => recorder.rig.lab.clearFaults());

const edit = async (handle: FleetHandle, calendars: Calendars) => {
  keepTo(calendars);
  await handle.signal(calendarChanged);
};
const isClosed = (handle: FleetHandle) =>
  recorder.rig.until(handle, ({ halts }) =>
    halts.some(({ kind }) => kind === "closed"),
  );
/** A run that waits for a night far off. */
async function waiting(version: string): Promise<FleetHandle> {
  keepTo(nightIn(100).calendars);
  const handle = await recorder.run({ version });
  await isClosed(handle);
  return handle;
}
/** A run whose window closes while one of its hosts is in work and others are left. */
async function closing(
  version: string,
  calendar: object,
): Promise<FleetHandle> {
  const [, second = ""] = recorder.inOrder;
  await recorder.fault([second], "hang@apply");
  keepTo({ nights: { ...openFor(180), ...calendar } });
  const handle = await recorder.run({ version, slots: 1, estimateHostS: 0.1 });
  await recorder.begun(`apply ${version}`, [second]);
  await edit(handle, { nights: { ...openFor(30), ...calendar } });
  return handle;
}

it("waits for its window, which moves, and starts once that is approved", async () => {
  const handle = await waiting("2.0.0");
  await edit(handle, { nights: openFor(600) });
  await recorder.rig.answer(handle, "window-moved", "approve");
  await recorder.save(handle, "window-moved");
}, 120_000);

it("is denied when its window moves", async () => {
  const handle = await waiting("2.1.0");
  await edit(handle, nightIn(101).calendars);
  await recorder.rig.answer(handle, "window-moved", "deny");
  await recorder.save(handle, "window-moved-denied");
}, 120_000);

it("starts out of its window by one person's wish and another one's word", async () => {
  const handle = await waiting("2.2.0");
  await handle.signal("override", {
    ...{ by: "ada", reason: "the hole is being used", hours: 2 },
  });
  await recorder.rig.answer(handle, "window-override", "approve", {
    ...{ by: "ben", comment: "seen the logs" },
  });
  await recorder.save(handle, "window-overridden");
}, 120_000);

it("asks at the close what becomes of the rest, and goes back by the answer", async () => {
  const handle = await closing("2.3.0", { atClose: "ask" });
  await recorder.rig.gate(handle, "window-close");
  await recorder.rig.lab.clearFaults();
  await recorder.rig.answer(handle, "window-close", "rollback");
  await recorder.save(handle, "window-closed-asked");
}, 120_000);

it("goes back at the close because its calendar says so", async () => {
  const handle = await closing("2.4.0", { atClose: "abort-with-rollback" });
  await recorder.rig.until(handle, ({ course }) => course === "rolling back");
  await recorder.rig.lab.clearFaults();
  await recorder.save(handle, "window-closed-rolled-back");
}, 120_000);

it("parks at the close, and goes on when its window opens once more", async () => {
  const handle = await closing("2.5.0", {});
  await isClosed(handle);
  await recorder.rig.lab.clearFaults();
  await recorder.rig.until(handle, ({ counts }) => counts["in work"] === 0);
  await edit(handle, { nights: openFor(600) });
  await recorder.save(handle, "window-closed-parked");
}, 120_000);
