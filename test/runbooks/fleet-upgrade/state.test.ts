import {
  outcomeOfRun,
  percentDone,
} from "../../../runbooks/fleet-upgrade/state";
import type { Decision } from "../../../workflows/gate/gate";
import type { Item, RolloutState } from "../../../workflows/rollout/state";
import { failed, upgraded, visiting, waiting } from "./samples";

function rollout(
  items: readonly Item[],
  kind: RolloutState["kind"] = "rolling",
): RolloutState {
  return { kind, items, slots: 1, allowedFailures: 0, stageEnd: items.length };
}

const answered = (choice: string): Decision => ({
  ...{ gate: "canary", nonce: "n", choice, by: "ann" },
  ...{ at: 0, channel: "decide" },
});

describe("the outcome of a run", () => {
  const excluded = failed("exit 1", "excluded");
  const approved = answered("approve");

  it.each([
    ["completed", [upgraded, upgraded], "rolling", approved, "done"],
    ["completed", [upgraded], "rolling", undefined, "done"],
    [
      "completed with failures",
      [upgraded, excluded],
      "rolling",
      approved,
      "done",
    ],
    ["denied", [upgraded, waiting], "rolling", answered("deny"), "done"],
    ["denied", [excluded, waiting], "rolling", answered("deny"), "done"],
    ["aborted", [failed("x"), waiting], "draining", approved, "done"],
    ["cancelled", [upgraded, waiting], "draining", approved, "cancelled"],
    ["cancelled", [waiting], "draining", undefined, "cancelled"],
  ] as const)("is %s", (outcome, items, kind, approval, ending) => {
    expect(outcomeOfRun(rollout(items, kind), approval, ending)).toBe(outcome);
  });
});

describe("the percentage", () => {
  it("counts what is finished or given up, in steps of ten", () => {
    const items = [upgraded, failed("x", "excluded"), failed("x"), visiting];
    expect(percentDone({ items })).toBe(50);
    expect(percentDone({ items: [...items, ...items, upgraded] })).toBe(50);
  });

  it("is 100 only when everything is done, and each step of ten is reached exactly", () => {
    for (const total of [10, 20, 30, 70, 110, 1_000]) {
      for (let tenths = 0; tenths <= 10; tenths++) {
        const done = (total * tenths) / 10;
        const items = Array.from({ length: total }, (_, n) =>
          n < done ? upgraded : waiting,
        );
        expect(percentDone({ items })).toBe(tenths * 10);
      }
    }
    expect(percentDone({ items: [] })).toBe(100);
  });
});
