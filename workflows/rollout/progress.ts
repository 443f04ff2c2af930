/** What a rollout says about itself; small, whatever the size of the fleet. Pure. */

import { allowedNow } from "./budget";
import { causesOf, messageFor } from "./causes";
import type { Fleet } from "./fleet";
import type { Outlook } from "../window/outlook";
import { countFrozen, freezesByItem, freezesOnCourse } from "./frozen";
import type { Override } from "../window/override";
import { isParked, parkedHosts } from "./parked";
import { failures, holdingHalts, type Item, type RolloutState } from "./state";
import type {
  HostRow,
  HostsAnswer,
  HostsQuestion,
  PoolProgress,
  RolloutProgress,
  Standing,
} from "./words";

const shownCauses = 20;
const mostHostsAnswered = 500;

function standingOf(item: Item): Standing {
  switch (item.kind) {
    case "waiting":
      return "waiting";
    case "visiting":
      return "in work";
    case "finished":
      return item.outcome;
    case "quarantined":
      return "quarantined";
    case "excluded":
      return "failed";
  }
}

export const noCounts: Readonly<Record<Standing, number>> = {
  upgraded: 0,
  unchanged: 0,
  "rolled back": 0,
  gone: 0,
  "in work": 0,
  waiting: 0,
  quarantined: 0,
  failed: 0,
};

export function countStandings(
  items: readonly Item[],
): Record<Standing, number> {
  const counts = { ...noCounts };
  for (const item of items) counts[standingOf(item)]++;
  return counts;
}

/** Finished or given up. */
export function settledCount(
  counts: Readonly<Record<Standing, number>>,
): number {
  return (
    counts.upgraded +
    counts.unchanged +
    counts["rolled back"] +
    counts.gone +
    counts.failed
  );
}

/** When items finished lately; what pace and remaining time are made from. */
export interface Pace {
  /** Epoch milliseconds of the latest finishes, oldest first. */
  readonly finishes: readonly number[];
}

export const keptFinishes = 50;

export function progressOf(
  state: RolloutState,
  fleet: Fleet,
  about: {
    readonly step: string;
    readonly startedAt: number;
    readonly now: number;
    readonly pace: Pace;
    readonly override?: Override | undefined;
    readonly outlook?: Outlook | undefined;
  },
): RolloutProgress {
  const counts = countStandings(state.items);
  const { slots, limits } = state.settings;
  const left = counts.waiting + counts["in work"];
  const freezes = freezesOnCourse(state);
  const parked = parkedHosts(state, fleet);
  return {
    step: about.step,
    course: state.course === "stopping" ? "draining" : state.course,
    halts: holdingHalts(state),
    ...(freezes.length > 0 && {
      frozen: { hosts: countFrozen(state, fleet), freezes },
    }),
    ...(parked && { parked }),
    total: state.items.length,
    counts,
    pools: poolsOf(state.items, fleet),
    causes: causesOf(state.items, fleet).slice(0, shownCauses),
    slots,
    limits,
    allowedFailures: allowedNow(state),
    failures: failures(state),
    startedAt: about.startedAt,
    ...paceOf(about.pace, left, about.now),
    ...(about.override && { override: about.override }),
    ...(about.outlook && { outlook: about.outlook }),
  };
}

function paceOf(
  { finishes }: Pace,
  left: number,
  now: number,
): Pick<RolloutProgress, "perMinute" | "etaMs"> {
  const [oldest] = finishes;
  if (oldest === undefined || finishes.length < 2) return {};
  const spanMs = Math.max(now - oldest, 1);
  const perMinute = ((finishes.length - 1) * 60_000) / spanMs;
  const etaMs = Math.round((left * spanMs) / (finishes.length - 1));
  return { perMinute: Math.round(perMinute * 10) / 10, etaMs };
}

function poolsOf(items: readonly Item[], { groups }: Fleet): PoolProgress[] {
  const { names, of } = groups.pool;
  const counts = names.map(() => ({ ...noCounts }));
  items.forEach((item, index) => {
    const pool = counts[of[index] ?? 0];
    if (pool !== undefined) pool[standingOf(item)]++;
  });
  return names.map((pool, index) => ({
    pool,
    counts: counts[index] ?? noCounts,
  }));
}

/** A page of the hosts that match. */
export function hostsAnswer(
  state: Pick<RolloutState, "items" | "course" | "freezes">,
  fleet: Fleet,
  question: HostsQuestion = {},
): HostsAnswer {
  const { standing, pool, offset = 0, limit = mostHostsAnswered } = question;
  const freezesOf = freezesByItem(state, fleet);
  const matching = state.items.flatMap((item, index): HostRow[] => {
    const row = fleet.rows[index];
    if (row === undefined) return [];
    if (pool !== undefined && row.pool !== pool) return [];
    if (standing !== undefined && standingOf(item) !== standing) return [];
    const frozen = freezesOf?.(item, index).map(({ id }) => id) ?? [];
    if (frozen.length > 0) return [{ ...hostRow(row, item), frozen }];
    return question.frozen === true ? [] : [hostRow(row, item)];
  });
  const most = Math.min(limit, mostHostsAnswered);
  return {
    total: matching.length,
    hosts: matching.slice(offset, offset + most),
  };
}

function hostRow(
  { id, pool }: { readonly id: string; readonly pool: string },
  item: Item,
): HostRow {
  const base = { id, pool, standing: standingOf(item) };
  if (isParked(item)) return { ...base, parked: item.order.parked };
  if (item.kind !== "quarantined" && item.kind !== "excluded") return base;
  const { cause, ...failure } = item.failure;
  const message = messageFor(failure, id);
  return { ...base, failure: { ...failure, message }, cause };
}
