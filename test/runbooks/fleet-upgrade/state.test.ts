import {
  countsInWords,
  noOutcomes,
  outcomeLetters,
  outcomeOf,
  outcomeOfRun,
  outcomesOf,
  percentDone,
  stepTitle,
} from "../../../runbooks/fleet-upgrade/state";
import type { HostOutcome } from "../../../runbooks/fleet-upgrade/contract";
import {
  failed,
  goingBack,
  rolledBack,
  rolloutOf,
  upgraded,
  visiting,
  waiting,
} from "./items";

describe("the outcome of a run", () => {
  const excluded = failed("exit 1", "excluded");

  it.each([
    ["completed", [upgraded, upgraded], "rolling", "done"],
    ["completed with failures", [upgraded, excluded], "rolling", "done"],
    ["denied", [upgraded, waiting], "rolling", "denied"],
    ["denied", [excluded, waiting], "rolling", "denied"],
    ["aborted", [upgraded, waiting], "draining", "done"],
    ["denied", [failed("x"), waiting], "draining", "denied"],
    ["missed its window", [waiting], "draining", "missed"],
    ["rolled back", [rolledBack, waiting], "rolling back", "done"],
    [
      "rolled back with failures",
      [rolledBack, excluded],
      "rolling back",
      "done",
    ],
    ["stopped", [upgraded, failed("x")], "stopping", "done"],
    ["cancelled", [upgraded, waiting], "draining", "cancelled"],
    ["cancelled", [upgraded], "rolling", "cancelled"],
  ] as const)("is %s", (outcome, items, course, ending) => {
    expect(outcomeOfRun(rolloutOf(items, { course }), ending)).toBe(outcome);
  });
});

describe("the outcome of a host", () => {
  it.each([
    ["not attempted", waiting],
    ["upgraded", upgraded],
    ["rolled back", rolledBack],
    ["quarantined", failed("x")],
    ["failed", failed("x", "excluded")],
  ] as const)("is %s", (outcome, item) => {
    expect(outcomeOf(item)).toBe(outcome);
  });

  it("whose turn to go back never came is what the run made of it", () => {
    expect(outcomeOf(goingBack)).toBe("upgraded");
  });

  it("travels as a letter and comes back as it was", () => {
    const outcomes = Object.keys(noOutcomes) as HostOutcome[];
    const letters = outcomes.map((outcome) => outcomeLetters[outcome]);
    expect(outcomesOf(letters.join(""))).toEqual(outcomes);
  });
});

describe("counts in words", () => {
  it("leave out what does not occur", () => {
    expect(countsInWords({ ...noOutcomes, upgraded: 3, gone: 1 })).toBe(
      "3 upgraded, 1 gone",
    );
    expect(countsInWords(noOutcomes)).toBe("no hosts");
  });
});

describe("the percentage", () => {
  it("counts what is finished or given up, in steps of ten", () => {
    const items = [upgraded, failed("x", "excluded"), failed("x"), visiting];
    expect(percentDone({ items })).toBe(50);
    expect(percentDone({ items: [...items, ...items, upgraded] })).toBe(50);
  });

  it("is 100 only when everything is done, and each step of ten is reached exactly", () => {
    for (const count of [10, 30, 110]) {
      for (let tenths = 0; tenths <= 10; tenths++) {
        const done = (count * tenths) / 10;
        const items = Array.from({ length: count }, (_, n) =>
          n < done ? upgraded : waiting,
        );
        expect(percentDone({ items })).toBe(tenths * 10);
      }
    }
    expect(percentDone({ items: [] })).toBe(100);
  });
});

describe("the title of a step", () => {
  const stages = [
    { name: "canaries", end: 2, soakMs: 0, gate: true },
    { name: "the rest", end: 9, soakMs: 0, gate: false },
  ];

  it("says which stage the run is at", () => {
    expect(stepTitle({ kind: "upgrading", stage: 0 }, stages)).toBe(
      "2. Upgrade stage by stage: canaries",
    );
    expect(stepTitle({ kind: "asking", stage: 0 }, stages)).toBe(
      "3. Ask before the next stage: after canaries",
    );
  });

  it("says until when it soaks", () => {
    const until = Date.UTC(2026, 10, 22, 3);
    expect(stepTitle({ kind: "soaking", stage: 0, until }, stages)).toContain(
      "until 2026-11-22T03:00:00",
    );
  });
});
