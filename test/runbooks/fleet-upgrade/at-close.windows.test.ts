import { gatesQuery } from "../../../workflows/gate/messages";
import { calendarChanged } from "../../../workflows/window/messages";
import { timesBegun } from "../../harness/host-log";
import { type FleetHandle, type Rig, startRig } from "../../harness/rig";
import {
  type Calendars,
  calendarsOf,
  nightly,
  oneByOne,
  openFor,
  startInSkippedTime,
} from "./window-rig";

jest.setTimeout(180_000);

let rig: Rig;
let keepTo: (calendars: Calendars) => void;
beforeAll(async () => {
  rig = await startRig({ lab: { hosts: 4, pools: 1, applyMs: 1_200 } });
  keepTo = calendarsOf(rig);
}, 180_000);
afterAll(() => rig.stop(), 30_000);

const begun = (verb: string): number =>
  rig.lab.hosts.reduce((sum, { id }) => sum + timesBegun(rig.lab, id, verb), 0);

/** A run in a window that has closed on it with one host done. */
async function closedOn(version: string): Promise<FleetHandle> {
  keepTo({ nights: { ...openFor(180), atClose: "ask" } });
  const handle = await rig.start({ ...oneByOne, version });
  await rig.until(handle, ({ counts }) => counts.upgraded > 0);
  keepTo({ nights: { ...openFor(30), atClose: "ask" } });
  await handle.signal(calendarChanged);
  return handle;
}

describe("a window that closes on a run whose calendar says ask", () => {
  it("asks what becomes of the rest, starts nothing meanwhile, and ends by the answer", async () => {
    const handle = await closedOn("2.0.0");
    const gate = await rig.gate(handle, "window-close");
    expect(gate.choices).toEqual(["park", "abort", "rollback"]);
    expect(gate.title).toMatch(
      /^the window has closed with [01] in work and [123] hosts? left; no later window is known: what now\?$/,
    );
    const { counts } = await rig.until(
      handle,
      (seen) => seen.counts["in work"] === 0,
    );
    const idle = await rig.gate(handle, "window-close");
    expect(idle.title).toContain(
      `closed with 0 in work and ${counts.waiting} host`,
    );
    expect(idle.nonce).toBe(gate.nonce);
    await rig.answer(handle, "window-close", "rollback");
    const result = await handle.result();
    expect(result).toMatchObject({
      outcome: "rolled back",
      counts: { "not attempted": counts.waiting },
    });
  });

  it("parks by the answer, asks no more, and is ended by an abort", async () => {
    const handle = await closedOn("3.0.0");
    await rig.answer(handle, "window-close", "park");
    const { halts, counts } = await rig.until(
      handle,
      (seen) => seen.counts["in work"] === 0,
    );
    expect(halts).toMatchObject([{ kind: "closed" }]);
    expect(await handle.query(gatesQuery)).toEqual([]);
    await handle.signal("abort", { by: "test" });
    expect(await handle.result()).toMatchObject({
      outcome: "aborted",
      counts: { "not attempted": counts.waiting },
    });
  });

  it("goes on in the next window when nobody answers, and says so", async () => {
    keepTo({ nights: { ...nightly, atClose: "ask" } });
    const handle = await startInSkippedTime(rig, { version: "4.0.0" });
    const result = await handle.result();
    expect(result.outcome).toBe("completed");
    expect(await rig.reportOf(result)).toContain(
      "nobody answered gate window-close; parked until the window opened, and goes on",
    );
  });
});

describe("a window whose calendar says abort-with-rollback", () => {
  it("turns the run back by itself when it closes with hosts left", async () => {
    keepTo({ nights: { ...nightly, atClose: "abort-with-rollback" } });
    const before = begun("undo");
    const handle = await startInSkippedTime(rig, { version: "5.0.0" });
    const result = await handle.result();
    expect(result.outcome).toBe("rolled back");
    const { "rolled back": back, "not attempted": left } = result.counts;
    expect(back + left).toBe(4);
    expect(back).toBeGreaterThan(0);
    expect(left).toBeGreaterThan(0);
    expect(begun("undo") - before).toBe(back);
    const report = await rig.reportOf(result);
    expect(report).toMatch(
      /the window has closed with \d hosts? left, and its calendar says abort-with-rollback: every touched host is taken back/,
    );
  });
});

describe("a window past whose end somebody may let work go on", () => {
  const overrun = { by: ["ada", "ben"], most: "PT2H" };
  /** Thought to take ten minutes a host, and as long to take it back. */
  const slow = { ...oneByOne, estimateHostS: 600 };

  it("goes on past it by the word of one of them alone", async () => {
    keepTo({ nights: { ...openFor(90), overrun } });
    const handle = await rig.start({ ...slow, version: "6.0.0" });
    const gate = await rig.gate(handle, "overrun");
    expect(gate.title).toMatch(
      /^4 hosts left, about 40 min: does not fit before .*; no later window is known: may work go on past the end of the window at .*, until .*\?$/,
    );
    const say = (by: string) =>
      rig.answer(handle, "overrun", "approve", { by });
    await expect(say("eve")).rejects.toMatchObject({
      cause: {
        message:
          'eve is not among ada, ben, who alone may answer gate "overrun"',
      },
    });
    await say("ada");
    keepTo({ nights: { ...openFor(59), overrun } });
    await handle.signal(calendarChanged);
    const result = await handle.result();
    expect(result.outcome).toBe("completed");
    const report = await rig.reportOf(result);
    expect(report).toContain(
      "overrun approved by ada: past the end of the window",
    );
    expect(report).not.toContain("out of window (nights");
  });

  it("closes as its calendar says when nobody has answered in time", async () => {
    const strict = { ...nightly, overrun, atClose: "abort-with-rollback" };
    keepTo({ nights: strict });
    const input = { version: "7.0.0", estimateHostS: 1 };
    const handle = await startInSkippedTime(rig, input);
    const result = await handle.result();
    expect(result.outcome).toBe("rolled back");
    const report = await rig.reportOf(result);
    const late = report.indexOf("nobody answered gate overrun in time");
    expect(late).toBeGreaterThan(0);
    expect(
      report.indexOf("its calendar says abort-with-rollback"),
    ).toBeGreaterThan(late);
  });
});
