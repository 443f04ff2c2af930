import { gatesQuery } from "../../../workflows/gate/messages";
import { calendarChanged } from "../../../workflows/window/messages";
import { effectsOf } from "../../harness/host-log";
import { type FleetHandle, type Rig, startRig } from "../../harness/rig";
import {
  startWorkerProcess,
  type WorkerProcess,
} from "../../harness/worker-process";
import { type Calendars, calendarsOf, oneByOne, openFor } from "./window-rig";

let rig: Rig;
let keepTo: (calendars: Calendars) => void;
let worker: WorkerProcess;
beforeAll(async () => {
  rig = await startRig({
    worker: false,
    lab: { hosts: 3, pools: 1, service: false, applyMs: 1_000 },
  });
  keepTo = calendarsOf(rig);
}, 60_000);
beforeEach(async () => {
  worker = await startWorkerProcess(rig);
}, 30_000);
afterEach(() => worker.stop(), 30_000);
afterAll(() => rig.stop(), 30_000);

const effects = () => rig.lab.hosts.map(({ id }) => effectsOf(rig.lab, id));
const eachOnceMore = (before: ReturnType<typeof effects>) =>
  before.map((host) =>
    Object.fromEntries(
      Object.entries(host).map(([verb, times]) => [verb, times + 1]),
    ),
  );

const parked = (handle: FleetHandle) =>
  rig.until(
    handle,
    ({ halts, counts }) =>
      halts.some(({ kind }) => kind === "closed") && counts["in work"] === 0,
  );
const over = { nights: openFor(30) };
const open = { nights: openFor(180) };

describe("the only worker is killed", () => {
  it("while a run is parked half-way out of its window, which opens before another one lives: each host is worked on once", async () => {
    const before = effects();
    keepTo(open);
    const handle = await rig.start({ ...oneByOne, version: "2.0.0" });
    await rig.until(handle, ({ counts }) => counts["in work"] > 0);
    keepTo(over);
    await handle.signal(calendarChanged);
    const { counts } = await parked(handle);
    expect(counts.waiting).toBeGreaterThan(0);
    const done = effects();
    await worker.kill();
    keepTo(open);
    await handle.signal(calendarChanged);
    expect(effects()).toEqual(done);
    worker = await startWorkerProcess(rig);
    const result = await handle.result();
    expect(result).toMatchObject({
      ...{ outcome: "completed", counts: { upgraded: 3 } },
    });
    expect(effects()).toEqual(eachOnceMore(before));
  }, 120_000);

  it("before its first window: it still waits, and begins once when that opens", async () => {
    const before = effects();
    keepTo(over);
    const handle = await rig.start({ ...oneByOne, version: "2.1.0" });
    await parked(handle);
    await worker.kill();
    worker = await startWorkerProcess(rig);
    await parked(handle);
    expect(effects()).toEqual(before);
    keepTo(open);
    await handle.signal(calendarChanged);
    expect(await handle.result()).toMatchObject({ outcome: "completed" });
    expect(effects()).toEqual(eachOnceMore(before));
  }, 120_000);

  it("while it asks about a window that has moved: the same question is open, and nothing starts before its answer", async () => {
    const before = effects();
    const day = new Date(Date.now() + 100 * 86_400_000).toISOString();
    const dtstart = `${day.slice(0, 10)}T22:00`;
    keepTo({ nights: { tz: "Etc/UTC", dtstart, duration: "PT6H" } });
    const handle = await rig.start({ ...oneByOne, version: "2.2.0" });
    await parked(handle);
    keepTo(open);
    await handle.signal(calendarChanged);
    const gate = await rig.gate(handle, "window-moved");
    await worker.kill();
    await handle.signal(calendarChanged);
    worker = await startWorkerProcess(rig);
    await parked(handle);
    expect(await handle.query(gatesQuery)).toMatchObject([
      { nonce: gate.nonce },
    ]);
    expect(effects()).toEqual(before);
    await rig.answer(handle, "window-moved", "approve");
    expect(await handle.result()).toMatchObject({ outcome: "completed" });
    expect(effects()).toEqual(eachOnceMore(before));
  }, 120_000);
});
