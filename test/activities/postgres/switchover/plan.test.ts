import {
  heldSteps,
  stepsAfter,
  stepsBack,
  type SwitchStep,
  switchSteps,
} from "../../../../activities/postgres/switchover/plan";

describe("the steps of a switchover", () => {
  it("prove everything received, and fence the old primary, before the new one is promoted", () => {
    const order = ["stop", "received", "fence", "promote", "timeline"] as const;
    expect(switchSteps.filter((step) => order.includes(step as never))).toEqual(
      order,
    );
  });

  it("let clients wait for nothing that can be done behind them", () => {
    expect(heldSteps.at(0)).toBe("drain");
    expect(heldSteps.at(-1)).toBe("resume");
    expect(stepsAfter("resume")).toEqual(["rejoin"]);
    expect(stepsAfter("promote")).toEqual(["timeline", "resume", "rejoin"]);
  });
});

describe("the way back", () => {
  const clients = ["let clients go on"];
  const primary = ["reopen", ...clients];
  const both = [...primary, "let the other follow"];
  it.each<[SwitchStep | undefined, boolean, string[]]>([
    [undefined, true, []],
    ["guards", true, []],
    ["drain", false, clients],
    ["checkpoint", true, clients],
    ["stop", false, primary],
    ["received", true, primary],
    ["fence", false, both],
    // Nobody knows whether it happened.
    ["promote", false, both],
    ["promote", true, ["demote", ...both]],
    ["timeline", false, ["demote", ...both]],
    ["timeline", true, ["demote", ...both]],
    // Wherever it is that clients can write.
    ["resume", false, both],
    ["resume", true, []],
    ["rejoin", true, []],
  ])("after %s (done: %s) is %j", (begun, isDone, steps) => {
    expect(stepsBack(begun, isDone)).toEqual(steps);
  });

  it("closes the new primary before it opens the old one", () => {
    for (const step of switchSteps)
      for (const isDone of [true, false]) {
        const steps = stepsBack(step, isDone);
        if (steps.includes("demote"))
          expect(steps.indexOf("demote")).toBeLessThan(steps.indexOf("reopen"));
      }
  });
});
