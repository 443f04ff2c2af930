/** The rollout's own clock: it stands still while nothing may move, so that no deadline passes while people are asked. */

import { holdingHalts, type RolloutState } from "./state";

export interface Clock {
  /** Milliseconds that counted so far, up to `runningSince`. */
  readonly elapsedMs: number;
  /** Epoch milliseconds; absent while the clock stands. */
  readonly runningSince?: number;
}

/** Milliseconds on the clock at `now`. */
export function readClock(
  { elapsedMs, runningSince }: Clock,
  now: number,
): number {
  return runningSince === undefined
    ? elapsedMs
    : elapsedMs + Math.max(0, now - runningSince);
}

export function setClock(clock: Clock, runs: boolean, now: number): Clock {
  if (runs === (clock.runningSince !== undefined)) return clock;
  return runs
    ? { elapsedMs: clock.elapsedMs, runningSince: now }
    : { elapsedMs: readClock(clock, now) };
}

/** Rows of the items whose visit has taken longer than it may. */
export function overdue(state: RolloutState, now: number): number[] {
  const time = readClock(state.clock, now);
  const { hostDeadlineMs } = state.settings;
  return state.items.flatMap((item, index) =>
    item.kind === "visiting" && time - item.since >= hostDeadlineMs
      ? [index]
      : [],
  );
}

/** Whether no item has succeeded for as long as the progress deadline. A rollback is never held. */
export function isStalled(state: RolloutState, now: number): boolean {
  return (
    state.course === "rolling" &&
    holdingHalts(state).length === 0 &&
    readClock(state.clock, now) - state.progressAt >=
      state.settings.progressDeadlineMs
  );
}

/** Milliseconds until the nearest deadline of those not yet passed; undefined while the clock stands. */
export function nextDeadlineMs(
  state: RolloutState,
  now: number,
): number | undefined {
  if (state.clock.runningSince === undefined) return undefined;
  const time = readClock(state.clock, now);
  const { hostDeadlineMs, progressDeadlineMs } = state.settings;
  let nearest =
    state.course === "rolling"
      ? state.progressAt + progressDeadlineMs - time
      : Infinity;
  for (const item of state.items) {
    if (item.kind !== "visiting") continue;
    const left = item.since + hostDeadlineMs - time;
    if (left > 0 && left < nearest) nearest = left;
  }
  return nearest === Infinity ? undefined : Math.max(0, nearest);
}
