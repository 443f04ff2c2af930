import type { Parked } from "../../../activities/host/port";
import { fleetOf, type Fleet } from "../../../workflows/rollout/fleet";
import { reduce, type RolloutEvent } from "../../../workflows/rollout/reduce";
import {
  type GroupedFailure,
  newRollout,
  type RolloutSettings,
  type RolloutState,
} from "../../../workflows/rollout/state";

/** Hosts `web-0`, `web-1` ... named by their pools, in the order given. */
export function fleetIn(pools: readonly string[]): Fleet {
  return fleetOf(pools.map((pool, row) => ({ id: `${pool}-${row}`, pool })));
}

export const fleetOfSize = (count: number): Fleet =>
  fleetIn(Array.from({ length: count }, () => "web"));

export const settings = (
  over: Partial<RolloutSettings> = {},
): RolloutSettings => ({
  slots: 10,
  limits: {},
  slowStart: false,
  budget: { failures: 2 },
  hostDeadlineMs: 60_000,
  progressDeadlineMs: 600_000,
  ...over,
});

export const failure: GroupedFailure = {
  type: "ssh.nonZeroExit",
  step: "apply",
  message: "exit 1 on {host}",
  commandEnded: true,
  cause: "apply-1",
};
export const result = { outcome: "upgraded", ms: 1 } as const;

export const parkedAt = {
  ...{ after: "apply", before: "restart", drained: true },
} as const satisfies Parked;

/** What became of a rollout after these events, one a second. */
export function after(
  fleet: Fleet,
  events: readonly RolloutEvent[],
  over: Partial<RolloutSettings> = {},
): RolloutState {
  return then(newRollout(fleet.rows.length, settings(over)), fleet, events);
}

export function then(
  state: RolloutState,
  fleet: Fleet,
  events: readonly RolloutEvent[],
  from = 0,
): RolloutState {
  return events.reduce(
    (before, event, number) =>
      reduce(before, event, { fleet, now: from + (number + 1) * 1_000 }),
    state,
  );
}

export const opened = (end: number): RolloutEvent => ({
  kind: "stage opened",
  end,
});
export const started = (index: number): RolloutEvent => ({
  kind: "started",
  index,
});
export const finished = (index: number): RolloutEvent => ({
  kind: "finished",
  index,
  result,
});
export const failed = (index: number): RolloutEvent => ({
  kind: "failed",
  index,
  failure,
});
export const kindsOf = ({ items }: RolloutState): string[] =>
  items.map(({ kind }) => kind);
