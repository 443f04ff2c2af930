import fc from "fast-check";
import { admit } from "../../../workflows/rollout/admit";
import type { Item, RolloutState } from "../../../workflows/rollout/state";
import { check } from "../../harness/properties";
import { anyFate, simulate } from "./simulation";

const failure = { type: "t", step: "apply", message: "m" };
const waiting: Item = { kind: "waiting", generations: {} };
const retried: Item = { kind: "waiting", generations: { apply: 2 } };
const visiting: Item = { kind: "visiting", generations: {} };
const finished: Item = {
  kind: "finished",
  result: { outcome: "upgraded", ms: 1 },
};
const quarantined: Item = { kind: "quarantined", generations: {}, failure };
const excluded: Item = { kind: "excluded", failure };

const state = (over: Partial<RolloutState>): RolloutState => ({
  kind: "rolling",
  items: [],
  slots: 3,
  allowedFailures: 1,
  stageEnd: 100,
  ...over,
});

describe("admission", () => {
  it("takes the first waiting items, as many as slots are free", () => {
    const items = [finished, visiting, waiting, waiting, waiting];
    expect(admit(state({ items }))).toEqual([2, 3]);
  });

  it("leaves a quarantined item its slot, and gives an excluded one's to the next", () => {
    const items = [quarantined, excluded, waiting, waiting, waiting];
    expect(admit(state({ items }))).toEqual([2, 3]);
  });

  it("takes nothing once quarantined items hold every slot", () => {
    const items = [quarantined, quarantined, quarantined, waiting];
    expect(admit(state({ items }))).toEqual([]);
  });

  it("stays within the stage", () => {
    const items = [finished, waiting, waiting];
    expect(admit(state({ items, stageEnd: 2 }))).toEqual([1]);
  });

  it("takes only what somebody asked for again while the rollout holds", () => {
    const items = [waiting, retried, quarantined];
    expect(admit(state({ kind: "holding", items }))).toEqual([1]);
  });

  it("takes nothing while the rollout drains", () => {
    expect(admit(state({ kind: "draining", items: [retried] }))).toEqual([]);
  });
});

const anyItem = fc.constantFrom(
  waiting,
  retried,
  visiting,
  finished,
  quarantined,
  excluded,
);
const anyState: fc.Arbitrary<RolloutState> = fc.record({
  kind: fc.constantFrom("rolling", "holding", "draining"),
  items: fc.array(anyItem, { maxLength: 30 }),
  slots: fc.integer({ min: 1, max: 10 }),
  allowedFailures: fc.nat({ max: 5 }),
  stageEnd: fc.nat({ max: 30 }),
});
const inSlots = ({ items }: RolloutState): number =>
  items.filter(({ kind }) => kind === "visiting" || kind === "quarantined")
    .length;

describe("in every state, admission", () => {
  it("leaves no slot idle while an admissible item waits, and fills no more than there are", () => {
    check(
      fc.property(anyState, (at) => {
        const admissible = at.items.slice(0, at.stageEnd).filter((item) => {
          if (at.kind === "draining") return false;
          return at.kind === "rolling"
            ? item.kind === "waiting"
            : item === retried;
        }).length;
        const free = Math.max(0, at.slots - inSlots(at));
        expect(admit(at)).toHaveLength(Math.min(free, admissible));
      }),
      1_000,
    );
  });

  it("names waiting items of the stage only, each once, in order", () => {
    check(
      fc.property(anyState, (at) => {
        const admitted = admit(at);
        expect(admitted).toEqual([...new Set(admitted)].sort((a, b) => a - b));
        expect(
          admitted.every(
            (index) =>
              index < at.stageEnd && at.items[index]?.kind === "waiting",
          ),
        ).toBe(true);
      }),
      1_000,
    );
  });
});

describe("over a whole rollout", () => {
  it("visits and quarantine together never take more than the slots", () => {
    check(
      fc.property(anyFate, (fate) => {
        const taken = simulate(fate).moments.map(({ after }) => inSlots(after));
        expect(Math.max(...taken)).toBeLessThanOrEqual(fate.slots);
      }),
    );
  });

  it("nothing past the canaries starts before the second stage opens", () => {
    check(
      fc.property(anyFate, (fate) => {
        const { moments } = simulate(fate);
        const second = moments.findLastIndex(
          ({ event }) => event.kind === "stage opened",
        );
        const beyond = moments
          .slice(0, second)
          .flatMap(({ after }) => after.items.slice(fate.canaries));
        expect(beyond.every(({ kind }) => kind === "waiting")).toBe(true);
      }),
    );
  });
});
