import { controlFaults } from "../../../workflows/controls/control-shape";

describe("what an operator tells a rollout", () => {
  it.each([
    ["pause", { by: "ada" }],
    ["abort", { by: "ada", reason: "the new version leaks" }],
    ["retune", { by: "ada", slots: 20 }],
    ["override", { by: "ada", reason: "a hole", hours: 24 }],
    ["retune", { by: "ada", limits: { pool: "25%", jump: 4 } }],
    ["retune", { by: "ada", budget: { failures: 3, pool: { percent: 5 } } }],
  ])("is obeyed when well formed: %s %j", (name, control) => {
    expect(controlFaults(name, control)).toEqual([]);
  });

  it.each([
    ["pause", undefined, "one JSON object"],
    ["pause", ["ada"], "one JSON object"],
    ["pause", {}, "by: expected a text"],
    ["pause", { by: "" }, "by: expected a text"],
    ["pause", { by: 7 }, "by: expected a text"],
    ["pause", { by: "ada", reason: "" }, "reason: expected a text"],
    ["pause", { by: "ada", slots: 3 }, "slots: unknown field"],
    ["override", { by: "ada", hours: 2 }, "reason: expected a text"],
    ["override", { by: "ada", reason: "a hole" }, "hours: expected a number"],
    ["override", { by: "ada", reason: "x", hours: 0 }, "above 0"],
    ["override", { by: "ada", reason: "x", hours: 24.5 }, "24 at most"],
    ["override", { by: "ada", reason: "x", hours: "4" }, "hours: expected"],
    ["override", { by: "ada", reason: "x", hours: NaN }, "hours: expected"],
    ["pause", { by: "ada", hours: 4 }, "hours: unknown field"],
    ["retune", { by: "ada" }, "expected slots, limits or budget"],
    [
      "retune",
      { by: "ada", slots: 0 },
      "slots: expected a whole number from 1",
    ],
    ["retune", { by: "ada", slots: 491 }, "from 1 to 490"],
    ["retune", { by: "ada", slots: "20" }, "slots: expected a whole number"],
    ["retune", { by: "ada", limits: 3 }, "limits: expected an object"],
    ["retune", { by: "ada", limits: { pool: "0%" } }, "limits.pool: expected"],
    [
      "retune",
      { by: "ada", limits: { pool: "101%" } },
      "limits.pool: expected",
    ],
    [
      "retune",
      { by: "ada", limits: { rack: 1 } },
      "limits.rack: unknown field",
    ],
    ["retune", { by: "ada", budget: {} }, "budget: expected failures, percent"],
    ["retune", { by: "ada", budget: { percent: 101 } }, "budget.percent"],
    ["retune", { by: "ada", budget: { failures: 1.5 } }, "budget.failures"],
    [
      "retune",
      { by: "ada", budget: { failures: 1, pool: {} } },
      "budget.pool: expected failures, percent",
    ],
  ])(
    "is refused with its place and what was expected: %s %j",
    (name, raw, words) => {
      expect(controlFaults(name, raw).join("; ")).toContain(words);
    },
  );

  it("hears of every fault at once", () => {
    const raw = { slots: 0, limits: { pool: 0 }, budget: { percent: -1 } };
    expect(controlFaults("retune", raw)).toHaveLength(4);
  });
});
