import {
  pointOfNoReturn,
  stepsAfter,
  switchBackSteps,
  switchSteps,
  switchTitles,
  undoAfter,
} from "../../../../activities/postgres/switchover/plan";

describe("the steps of a switchover", () => {
  it("fence the old primary before the new one is promoted, and prove everything received in between", () => {
    for (const steps of [switchSteps, switchBackSteps]) {
      const order = [
        "stop",
        "fence",
        "received",
        "promote",
        "timeline",
        "resume",
      ] as const;
      const places = order.map((step) => steps.indexOf(step as never));
      expect(places).toEqual([...places].sort((a, b) => a - b));
      expect(places).not.toContain(-1);
    }
  });

  it("have a title each", () => {
    expect(new Set(Object.values(switchTitles)).size).toBe(switchSteps.length);
  });

  it("let clients wait for nothing that can be done behind them", () => {
    expect(stepsAfter(pointOfNoReturn)).toEqual(["rejoin"]);
    expect(stepsAfter("promote")).toEqual(["timeline", "resume", "rejoin"]);
  });
});

describe("the way back", () => {
  it.each([
    [undefined, true, { kind: "nothing" }],
    ["guards", true, { kind: "nothing" }],
    ["drain", false, { kind: "resume" }],
    ["checkpoint", true, { kind: "resume" }],
    ["stop", false, { kind: "reopen", promoteBegun: false }],
    ["fence", true, { kind: "reopen", promoteBegun: false }],
    ["received", true, { kind: "reopen", promoteBegun: false }],
    ["promote", false, { kind: "reopen", promoteBegun: true }],
    ["promote", true, { kind: "switch back" }],
    ["timeline", false, { kind: "switch back" }],
    ["resume", false, { kind: "forward only" }],
    ["rejoin", true, { kind: "forward only" }],
  ] as const)("after %s (done: %s) is %j", (begun, isDone, undo) => {
    expect(undoAfter(begun, isDone)).toEqual(undo);
  });
});
