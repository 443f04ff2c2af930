import fc from "fast-check";
import type { Freeze } from "../../../activities/freeze/port";
import { admit } from "../../../workflows/rollout/admit";
import { type Fleet, fleetOf } from "../../../workflows/rollout/fleet";
import { reduce, type RolloutEvent } from "../../../workflows/rollout/reduce";
import {
  newRollout,
  quarantined,
  type RolloutSettings,
  type RolloutState,
  stageSettled,
} from "../../../workflows/rollout/state";
import { failure, parkedAt, result, settings } from "./samples";

/** A rollout under a generated fate: each choice below is drawn from a list of numbers, so a failing case shrinks. */
export interface Fate {
  readonly fleet: Fleet;
  readonly settings: RolloutSettings;
  readonly stages: readonly number[];
  /** Drawn one by one; when they are used up, everything ends well. */
  readonly draws: readonly number[];
}

const group = (names: readonly string[]): fc.Arbitrary<string | undefined> =>
  fc.option(fc.constantFrom(...names), { nil: undefined });
const share = fc.option(
  fc.oneof(fc.integer({ min: 1, max: 4 }), fc.constantFrom("25%", "50%")),
  { nil: undefined },
);

export const anyFate: fc.Arbitrary<Fate> = fc
  .record({
    rows: fc.array(
      fc.record({
        pool: fc.constantFrom("web", "app", "db"),
        zone: group(["a", "b"]),
        site: group(["fra", "ams"]),
        jump: group(["j1", "j2"]),
      }),
      { minLength: 1, maxLength: 25 },
    ),
    slots: fc.integer({ min: 1, max: 8 }),
    limits: fc.record({ pool: share, zone: share, site: share, jump: share }),
    slowStart: fc.boolean(),
    failures: fc.integer({ min: 0, max: 5 }),
    poolFailures: fc.option(fc.integer({ min: 0, max: 2 }), {
      nil: undefined,
    }),
    canaries: fc.integer({ min: 1, max: 4 }),
    draws: fc.array(fc.nat({ max: 999 }), { maxLength: 120 }),
  })
  .map(({ rows, canaries, draws, failures, poolFailures, ...rest }) => ({
    fleet: fleetOf(rows.map((row, n) => ({ id: `h-${n}`, ...row }))),
    settings: settings({
      ...rest,
      budget: {
        failures,
        ...(poolFailures === undefined
          ? {}
          : { pool: { failures: poolFailures } }),
      },
    }),
    stages: [Math.min(canaries, rows.length), rows.length],
    draws,
  }));

export interface Moment {
  readonly before: RolloutState;
  readonly event: RolloutEvent;
  readonly after: RolloutState;
}

/** Carries a rollout out as the engine does: everything admissible is started before anything else is heard. */
export function simulate(
  fate: Fate,
  /** Stands between any two events, as a hand-over to the next run does. */
  between: (state: RolloutState) => RolloutState = (state) => state,
): { start: RolloutState; moments: Moment[]; end: RolloutState } {
  const { fleet } = fate;
  const start = newRollout(fleet.rows.length, fate.settings);
  const moments: Moment[] = [];
  let state = start;
  const draws = [...fate.draws];
  const dispatch = (event: RolloutEvent): void => {
    const before = between(state);
    const now = (moments.length + 1) * 1_000;
    state = reduce(before, event, { fleet, now });
    moments.push({ before, event, after: state });
  };
  for (const end of fate.stages) {
    dispatch({ kind: "stage opened", end });
    while (!stageSettled(state)) {
      for (const index of admit(state, fleet))
        dispatch({ kind: "started", index });
      const event = nextEvent(state, draws);
      if (event === undefined) break;
      dispatch(event);
    }
  }
  return { start, moments, end: state };
}

const takenBack = { outcome: "rolled back", ms: 1 } as const;

/** What the world does next; undefined when nothing of the stage is left to do. */
function nextEvent(
  state: RolloutState,
  draws: number[],
): RolloutEvent | undefined {
  const draw = draws.shift();
  const options = optionsIn(state, draw === undefined);
  return options[(draw ?? 0) % Math.max(1, options.length)];
}

function optionsIn(state: RolloutState, isCalm: boolean): RolloutEvent[] {
  const visiting = state.items.flatMap((item, index) =>
    item.kind === "visiting" ? [{ index, work: item.order.work }] : [],
  );
  const set = quarantined(state);
  const isHeld = (kind: string): boolean =>
    state.halts.some((halt) => halt.kind === kind);
  const wellEnding: RolloutEvent[] = [
    ...visiting.map(
      ({ index, work }) =>
        ({
          kind: "finished",
          index,
          result: work === "undo" ? takenBack : result,
        }) as const,
    ),
    ...set.map((index) => ({ kind: "excluded", indexes: [index] }) as const),
    ...(isHeld("budget")
      ? [{ kind: "continued", halt: "budget" } as const]
      : []),
    ...(isHeld("progress")
      ? [{ kind: "continued", halt: "progress" } as const]
      : []),
    ...(isHeld("paused") ? [{ kind: "lifted", halt: "paused" } as const] : []),
    // A frozen host that is parked may have the only slot.
    ...(isHeld("frozen") || (state.freezes.length > 0 && visiting.length === 0)
      ? [freezing()]
      : []),
  ];
  if (isCalm) return wellEnding;
  return [
    ...wellEnding,
    ...visiting.map(
      ({ index }) => ({ kind: "failed", index, failure }) as const,
    ),
    ...visiting.map(({ index }) => ({ kind: "held back", index }) as const),
    ...visiting.flatMap(({ index, work }) =>
      work === "undo" ? [] : [{ kind: "parked", index, at: parkedAt } as const],
    ),
    ...set.flatMap((index) =>
      (
        ["retried", "redone", "skipped", "marked done", "taken back"] as const
      ).map((kind) => ({ kind, indexes: [index] })),
    ),
    ...(set.length > 1 ? [{ kind: "retried", indexes: set } as const] : []),
    ...controls,
  ];
}

/** These and no others hold from now on. */
const freezing = (
  ...freezes: readonly Pick<Freeze, "scope" | "blocksUndo">[]
): RolloutEvent => ({
  kind: "freezes told",
  freezes: freezes.map((freeze) => ({
    ...{ id: JSON.stringify(freeze), by: "ada", reason: "sale", at: 0 },
    ...freeze,
  })),
});

/** An operator may say any of these at any moment. */
const controls: readonly RolloutEvent[] = [
  { kind: "halted", halt: { kind: "paused", by: "ada", at: 0 } },
  { kind: "retuned", settings: { slots: 3 } },
  { kind: "retuned", settings: { limits: { pool: 1 } } },
  { kind: "retuned", settings: { budget: { failures: 1 } } },
  freezing(),
  freezing({ scope: "all" }),
  freezing({ scope: "t/web" }),
  freezing({ scope: "t/web" }, { scope: "t/app/h-1", blocksUndo: true }),
  freezing({ scope: "t", blocksUndo: true }),
  { kind: "stalled" },
  { kind: "rolled back" },
  { kind: "aborted" },
];

/** Any event at all, whether it fits or not. */
export function anyEvent(count: number): fc.Arbitrary<RolloutEvent> {
  const index = fc.integer({ min: -1, max: count + 1 });
  const indexes = fc.array(index, { maxLength: 4 });
  const ofIndexes = (
    [
      ...(["retried", "redone", "skipped", "excluded"] as const),
      ...(["marked done", "taken back", "found stale"] as const),
    ] as const
  ).map((kind) => fc.record({ kind: fc.constant(kind), indexes }));
  return fc.oneof(
    fc.record({ kind: fc.constant("started" as const), index }),
    fc.record({ kind: fc.constant("held back" as const), index }),
    fc.record({
      ...{ kind: fc.constant("parked" as const), index },
      at: fc.constant(parkedAt),
    }),
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
    ...ofIndexes,
    fc.record({
      kind: fc.constant("stage opened" as const),
      end: fc.integer({ min: 0, max: count }),
    }),
    fc.constantFrom(...controls),
    fc.constantFrom<RolloutEvent>(
      { kind: "lifted", halt: "paused" },
      { kind: "stopped" },
      { kind: "continued", halt: "budget" },
      { kind: "continued", halt: "progress" },
    ),
  );
}
