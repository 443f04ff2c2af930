import fc from "fast-check";
import { admit } from "../../../workflows/rollout/admit";
import { reduce, type RolloutEvent } from "../../../workflows/rollout/reduce";
import {
  failures,
  newRollout,
  quarantined,
  type RolloutState,
} from "../../../workflows/rollout/state";

/** A rollout under a generated fate: each choice below is drawn from a list of numbers, so a failing case shrinks. */
export interface Fate {
  readonly count: number;
  readonly slots: number;
  readonly allowedFailures: number;
  readonly canaries: number;
  /** Drawn one by one; when they are used up, everything ends well. */
  readonly draws: readonly number[];
}

export const anyFate: fc.Arbitrary<Fate> = fc
  .record({
    count: fc.integer({ min: 1, max: 25 }),
    slots: fc.integer({ min: 1, max: 8 }),
    allowedFailures: fc.integer({ min: 0, max: 5 }),
    canaries: fc.integer({ min: 1, max: 4 }),
    draws: fc.array(fc.nat({ max: 999 }), { maxLength: 120 }),
  })
  .map((fate) => ({ ...fate, canaries: Math.min(fate.canaries, fate.count) }));

export interface Moment {
  readonly before: RolloutState;
  readonly event: RolloutEvent;
  readonly after: RolloutState;
}

const failure = {
  ...{ type: "ssh.nonZeroExit", step: "apply", message: "no" },
  commandEnded: true,
};
const result = { outcome: "upgraded", ms: 1 } as const;

/** Carries a rollout out as the engine does: everything admissible is started before anything else is heard. */
export function simulate(fate: Fate): {
  start: RolloutState;
  moments: Moment[];
} {
  const start = newRollout(fate.count, fate.slots, fate.allowedFailures);
  const moments: Moment[] = [];
  let state = start;
  const draws = [...fate.draws];
  const dispatch = (event: RolloutEvent): void => {
    const before = state;
    state = reduce(state, event);
    moments.push({ before, event, after: state });
  };
  for (const end of [fate.canaries, fate.count]) {
    dispatch({ kind: "stage opened", end });
    for (;;) {
      for (const index of admit(state)) dispatch({ kind: "started", index });
      const event = nextEvent(state, draws);
      if (event === undefined) break;
      dispatch(event);
    }
  }
  return { start, moments };
}

/** What the world does next; undefined when nothing of the stage is left to do. */
function nextEvent(
  state: RolloutState,
  draws: number[],
): RolloutEvent | undefined {
  const draw = draws.shift();
  const options = optionsIn(state, draw === undefined);
  return options[(draw ?? 0) % Math.max(1, options.length)];
}

function optionsIn(state: RolloutState, calm: boolean): RolloutEvent[] {
  const visiting = state.items.flatMap((item, index) =>
    item.kind === "visiting" ? [index] : [],
  );
  const set = quarantined(state);
  const by = failures(state) - state.allowedFailures;
  const wellEnding: RolloutEvent[] = [
    ...visiting.map((index) => ({ kind: "finished", index, result }) as const),
    ...set.map((index) => ({ kind: "excluded", indexes: [index] }) as const),
    ...(state.kind === "holding"
      ? [{ kind: "budget extended", by } as const]
      : []),
  ];
  if (calm) return wellEnding;
  return [
    ...wellEnding,
    ...visiting.map((index) => ({ kind: "failed", index, failure }) as const),
    ...set.flatMap(
      (index) =>
        [
          { kind: "retried", indexes: [index] },
          { kind: "redone", indexes: [index] },
        ] as const,
    ),
    ...(set.length > 1 ? [{ kind: "retried", indexes: set } as const] : []),
    ...(state.kind === "holding" ? [{ kind: "aborted" } as const] : []),
  ];
}

/** Any event at all, whether it fits or not. */
export function anyEvent(count: number): fc.Arbitrary<RolloutEvent> {
  const index = fc.integer({ min: -1, max: count + 1 });
  const indexes = fc.array(index, { maxLength: 4 });
  return fc.oneof(
    fc.record({ kind: fc.constant("started" as const), index }),
    fc.record({
      kind: fc.constant("finished" as const),
      index,
      result: fc.constant(result),
    }),
    fc.record({
      kind: fc.constant("failed" as const),
      index,
      failure: fc.constant(failure),
    }),
    fc.record({ kind: fc.constant("retried" as const), indexes }),
    fc.record({ kind: fc.constant("redone" as const), indexes }),
    fc.record({ kind: fc.constant("excluded" as const), indexes }),
    fc.record({
      kind: fc.constant("budget extended" as const),
      by: fc.integer({ min: -2, max: 3 }),
    }),
    fc.record({
      kind: fc.constant("stage opened" as const),
      end: fc.integer({ min: 0, max: count }),
    }),
  );
}
