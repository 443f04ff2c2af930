import {
  isStalled,
  nextDeadlineMs,
  overdue,
} from "../../../workflows/rollout/clock";
import {
  after,
  failed,
  finished,
  fleetOfSize,
  opened,
  started,
  then,
} from "./samples";

const fleet = fleetOfSize(4);
const limits = { hostDeadlineMs: 60_000, progressDeadlineMs: 100_000 };
/** Host 0 starts at second 2, host 1 at second 3. */
const two = after(fleet, [opened(4), started(0), started(1)], limits);
const pause = {
  kind: "halted",
  halt: { kind: "paused", by: "ada", at: 0 },
} as const;

describe("the deadline of a host", () => {
  it("passes so long after its visit began", () => {
    expect(overdue(two, 61_999)).toEqual([]);
    expect(overdue(two, 62_000)).toEqual([0]);
    expect(overdue(two, 63_000)).toEqual([0, 1]);
  });

  it("is the nearest thing to wait for", () => {
    expect(nextDeadlineMs(two, 10_000)).toBe(52_000);
  });

  it("stands still while the rollout is paused, for days if need be", () => {
    const paused = then(two, fleet, [pause], 9_000);
    const dayLater = 86_400_000;
    expect(nextDeadlineMs(paused, dayLater)).toBeUndefined();
    expect(overdue(paused, dayLater)).toEqual([]);
    const resumed = then(
      paused,
      fleet,
      [{ kind: "lifted", halt: "paused" }],
      dayLater,
    );
    // Eight of its sixty seconds had passed.
    expect(nextDeadlineMs(resumed, dayLater + 1_000)).toBe(52_000);
  });

  it("stands still while all that is left waits for a decision", () => {
    const parked = then(two, fleet, [failed(0), failed(1)], 9_000);
    expect(nextDeadlineMs(parked, 1e9)).toBeUndefined();
  });
});

describe("the progress deadline", () => {
  it("passes when no host has succeeded for so long", () => {
    expect(isStalled(two, 101_999)).toBe(false);
    expect(isStalled(two, 102_000)).toBe(true);
  });

  it("begins anew with each success", () => {
    const success = then(two, fleet, [finished(0)], 49_000);
    expect(isStalled(success, 120_000)).toBe(false);
    expect(isStalled(success, 150_000)).toBe(true);
  });

  it("begins anew when somebody says to go on", () => {
    const stalled = then(two, fleet, [{ kind: "stalled" }], 119_000);
    expect(stalled.halts).toEqual([{ kind: "progress" }]);
    const on = then(
      stalled,
      fleet,
      [{ kind: "continued", halt: "progress" }],
      200_000,
    );
    expect(on.halts).toEqual([]);
    expect(isStalled(on, 300_999)).toBe(false);
    expect(isStalled(on, 301_000)).toBe(true);
  });

  it("does not hold a rollback", () => {
    const back = then(two, fleet, [{ kind: "rolled back" }], 9_000);
    expect(isStalled(back, 1e9)).toBe(false);
  });
});
