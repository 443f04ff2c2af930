import fc from "fast-check";
import { generationOf } from "../../../activities/host/generations";
import { admit } from "../../../workflows/rollout/admit";
import { reduce, type RolloutEvent } from "../../../workflows/rollout/reduce";
import {
  failures,
  type Item,
  newRollout,
  type RolloutState,
  stageSettled,
} from "../../../workflows/rollout/state";
import { check } from "../../harness/properties";
import { anyEvent, anyFate, type Fate, simulate } from "./simulation";

const failure = {
  ...{ type: "ssh.nonZeroExit", step: "apply", message: "exit 1" },
  commandEnded: true,
};
const result = { outcome: "upgraded", version: "2.0.0", ms: 5 } as const;

function play(events: readonly RolloutEvent[], from = newRollout(6, 6, 1)) {
  return events.reduce(reduce, from);
}

const started = (index: number): RolloutEvent => ({ kind: "started", index });
const failed = (index: number): RolloutEvent => ({
  kind: "failed",
  index,
  failure,
});
const finished = (index: number): RolloutEvent => ({
  kind: "finished",
  index,
  result,
});
const failing = (...indexes: number[]): RolloutEvent[] =>
  indexes.flatMap((index) => [started(index), failed(index)]);

describe("an item", () => {
  it("waits, is visited and finishes", () => {
    expect(play([started(2)]).items[2]).toMatchObject({ kind: "visiting" });
    const { items } = play([started(2), finished(2)]);
    expect(items[2]).toEqual({ kind: "finished", result });
    expect(items[1]).toEqual({ kind: "waiting", generations: {} });
  });

  it("is quarantined with its failure when its visit fails", () => {
    const generations = {};
    expect(play(failing(0)).items[0]).toEqual({
      kind: "quarantined",
      generations,
      failure,
    });
  });

  it("waits again for the failed step only, when that is retried", () => {
    const { items } = play([...failing(0), { kind: "retried", indexes: [0] }]);
    expect(items[0]).toEqual({ kind: "waiting", generations: { apply: 2 } });
  });

  it("joins a command that may still run, when its host could not be reached and is retried", () => {
    const lost = { ...failure, type: "ssh.unreachable", commandEnded: false };
    const state = play([
      started(0),
      { kind: "failed", index: 0, failure: lost },
      ...failing(1),
      { kind: "retried", indexes: [0] },
    ]);
    const [item] = state.items;
    expect(item).toEqual({ kind: "waiting", generations: { apply: 1 } });
    // Asked for again: it starts also where nothing else may.
    expect(admit({ ...state, kind: "holding", stageEnd: 6 })).toEqual([0]);
  });

  it("waits again for its whole visit, when that is redone", () => {
    const events: RolloutEvent[] = [
      ...failing(0),
      { kind: "retried", indexes: [0] },
      ...failing(0),
      { kind: "redone", indexes: [0] },
    ];
    // Above the generation 2 of the step that was retried: it, too, runs anew.
    expect(play(events).items[0]).toEqual({
      kind: "waiting",
      generations: { "*": 3 },
    });
  });

  it("that is excluded keeps its failure and comes back no more", () => {
    const excluded = play([
      ...failing(0),
      { kind: "excluded", indexes: [0] },
      { kind: "retried", indexes: [0] },
      started(0),
    ]);
    expect(excluded.items[0]).toEqual({ kind: "excluded", failure });
  });
});

describe("the budget", () => {
  it.each([0, 1, 3])(
    "of %i failures holds at the very next one",
    (allowedFailures) => {
      const start = newRollout(6, 6, allowedFailures);
      const within = Array.from({ length: allowedFailures }, (_, n) => n);
      expect(play(failing(...within), start).kind).toBe("rolling");
      const over = play(failing(...within, allowedFailures), start);
      expect(over.kind).toBe("holding");
    },
  );

  it("counts excluded items as well: giving a host up mends nothing", () => {
    const events = [
      ...failing(0),
      { kind: "excluded", indexes: [0] } as const,
      ...failing(1),
    ];
    expect(play(events).kind).toBe("holding");
  });

  it("that is extended rolls on, and holds at the next failure again", () => {
    const extended = play([
      ...failing(0, 1),
      { kind: "budget extended", by: 1 },
    ]);
    expect(extended).toMatchObject({ kind: "rolling", allowedFailures: 2 });
    expect(play(failing(2), extended).kind).toBe("holding");
  });

  it("holds on when it is extended by too little", () => {
    const held = play(failing(0, 1, 2));
    expect(reduce(held, { kind: "budget extended", by: 1 }).kind).toBe(
      "holding",
    );
  });

  it("that is extended after the failures were mended stays as it was", () => {
    const mended = play([
      ...failing(0, 1),
      { kind: "retried", indexes: [0, 1] },
    ]);
    const late = reduce(mended, { kind: "budget extended", by: -1 });
    expect(late).toBe(mended);
  });

  it("rolls on by itself once a retry brings the failures back within it", () => {
    const events: RolloutEvent[] = [
      ...failing(0, 1),
      { kind: "retried", indexes: [1] },
    ];
    expect(play(events).kind).toBe("rolling");
  });
});

describe("an aborted rollout", () => {
  const draining = play([started(0), { kind: "aborted" }]);

  it("is settled once what was in flight has ended", () => {
    expect(stageSettled(draining)).toBe(false);
    expect(stageSettled(reduce(draining, finished(0)))).toBe(true);
    expect(stageSettled(reduce(draining, failed(0)))).toBe(true);
  });

  it("drains, whatever fails or is answered afterwards", () => {
    const later = play(
      [failed(0), { kind: "budget extended", by: 5 }],
      draining,
    );
    expect(later.kind).toBe("draining");
  });
});

const fits: Readonly<Record<string, Item["kind"]>> = {
  started: "waiting",
  finished: "visiting",
  failed: "visiting",
  retried: "quarantined",
  redone: "quarantined",
  excluded: "quarantined",
};

function touched(event: RolloutEvent): readonly number[] {
  if ("index" in event) return [event.index];
  return "indexes" in event ? event.indexes : [];
}

describe("whatever happens, in whatever order", () => {
  const anyHistory = fc.tuple(
    anyFate,
    fc.array(anyEvent(25), { maxLength: 20 }),
  );
  const anyState = anyHistory.map(([fate, events]): RolloutState => {
    const { moments, start } = simulate(fate);
    const cut = moments[fate.draws.length % moments.length]?.after ?? start;
    return events.reduce(reduce, cut);
  });

  it("an event changes only items whose state it fits", () => {
    check(
      fc.property(anyState, anyEvent(25), (before, event) => {
        const after = reduce(before, event);
        expect(after.items).toHaveLength(before.items.length);
        const wrong = after.items.filter((item, index) => {
          const old = before.items[index];
          const meant = touched(event).includes(index);
          return meant && old?.kind === fits[event.kind]
            ? item.kind === old?.kind
            : item !== old;
        });
        expect(wrong).toEqual([]);
      }),
      300,
    );
  });

  it("an event that fits nothing leaves an equal state behind", () => {
    check(
      fc.property(anyState, anyEvent(25), (before, event) => {
        fc.pre(event.kind !== "stage opened");
        fc.pre(event.kind !== "budget extended" || before.kind !== "holding");
        fc.pre(
          !touched(event).some(
            (index) => before.items[index]?.kind === fits[event.kind],
          ),
        );
        expect(reduce(before, event)).toEqual(before);
      }),
      300,
    );
  });

  it("a rollout rolls within its budget, holds over it, and leaves draining never", () => {
    check(
      fc.property(anyState, anyEvent(25), (before, event) => {
        const after = reduce(before, event);
        if (before.kind === "draining") expect(after.kind).toBe("draining");
        else
          expect(after.kind).toBe(
            failures(after) > after.allowedFailures ? "holding" : "rolling",
          );
      }),
      300,
    );
  });

  /** The generations of a step before and after each event, for every item that has some. */
  const risesOf = (fate: Fate, step: string) =>
    simulate(fate).moments.flatMap(({ before, event, after }) =>
      after.items.flatMap((item, index) => {
        const old = before.items[index];
        if (!("generations" in item)) return [];
        if (old === undefined || !("generations" in old)) return [];
        const from = generationOf(step, old.generations);
        const to = generationOf(step, item.generations);
        return [{ event, index, from, to }];
      }),
    );

  it("generations only rise, for every step", () => {
    check(
      fc.property(anyFate, fc.constantFrom("apply", "drain"), (fate, step) => {
        const falls = risesOf(fate, step).filter(({ from, to }) => to < from);
        expect(falls).toEqual([]);
      }),
    );
  });

  it("a retry raises the failed step, a redo every step, and nothing else any", () => {
    check(
      fc.property(anyFate, fc.constantFrom("apply", "drain"), (fate, step) => {
        const raising = step === "apply" ? ["retried", "redone"] : ["redone"];
        const wrong = risesOf(fate, step).filter(
          ({ event, index, from, to }) =>
            to > from !==
            (raising.includes(event.kind) && touched(event).includes(index)),
        );
        expect(wrong).toEqual([]);
      }),
    );
  });

  it("every rollout comes to its end: all done or given up, or aborted with nothing in flight", () => {
    const ends = new Set<string>();
    check(
      fc.property(anyFate, (fate) => {
        const { moments, start } = simulate(fate);
        const last = moments.at(-1)?.after ?? start;
        expect(stageSettled(last)).toBe(true);
        ends.add(last.kind);
        if (last.kind === "draining") return;
        const left = last.items.filter(
          ({ kind }) => kind !== "finished" && kind !== "excluded",
        );
        expect(left).toEqual([]);
      }),
    );
    expect([...ends].sort()).toEqual(["draining", "rolling"]);
  });

  it("a run that is cut at any place and goes on from there ends as the uncut one does", () => {
    check(
      fc.property(anyFate, fc.nat(), (fate, place) => {
        const { moments, start } = simulate(fate);
        const events = moments.map(({ event }) => event);
        const cut = place % (events.length + 1);
        // What survives the cut is plain data.
        const kept = JSON.parse(
          JSON.stringify(events.slice(0, cut).reduce(reduce, start)),
        ) as RolloutState;
        expect(events.slice(cut).reduce(reduce, kept)).toEqual(
          moments.at(-1)?.after,
        );
      }),
    );
  });

  it("no event changes the state that it was given", () => {
    check(
      fc.property(anyState, anyEvent(25), (before, event) => {
        const frozen = JSON.stringify(before);
        reduce(before, event);
        expect(JSON.stringify(before)).toBe(frozen);
      }),
    );
  });
});
