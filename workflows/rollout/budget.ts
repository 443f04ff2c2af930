/** How many failures a rollout stands, in the fleet and in each pool. Pure. */

import type { Fleet } from "./fleet";
import type { Accepted, RolloutState } from "./state";
import type { Budget, FailureLimit, Halt } from "./words";

/** 4.6 % of 1,500 hosts are 69, though the machine's product is a little less. */
const roundingError = 1e-9;

/** Both limits hold, so the lower one counts; a percentage is of all hosts of the group, rounded down. */
export function allowedFailures(
  { failures, percent }: FailureLimit,
  hosts: number,
): number {
  const byPercent =
    percent === undefined
      ? Infinity
      : Math.floor((percent * hosts) / 100 + roundingError);
  return Math.min(failures ?? Infinity, byPercent, hosts);
}

/** What is exceeded: the fleet's budget before that of a pool; nothing within the budget. */
export function overBudget(
  state: Pick<RolloutState, "items" | "settings" | "accepted">,
  fleet: Fleet,
): Halt | undefined {
  const { budget } = state.settings;
  const counts = failureCounts(state, fleet);
  const size = fleet.rows.length;
  if (counts.fleet > allowed(budget, size, state.accepted.failures))
    return { kind: "budget" };
  if (budget.pool === undefined) return undefined;
  const { names, sizes } = fleet.groups.pool;
  for (const [group, pool] of names.entries()) {
    const accepted = state.accepted.pools[pool] ?? 0;
    const limit = allowed(budget.pool, sizes[group] ?? 0, accepted);
    if ((counts.pools[group] ?? 0) > limit) return { kind: "budget", pool };
  }
  return undefined;
}

const allowed = (
  limit: FailureLimit,
  hosts: number,
  accepted: number,
): number => Math.max(allowedFailures(limit, hosts), accepted);

/** The failures of now, accepted: the very next one asks again. */
export function acceptedNow(state: RolloutState, fleet: Fleet): Accepted {
  const counts = failureCounts(state, fleet);
  const pools = fleet.groups.pool.names.map(
    (name, group) => [name, counts.pools[group] ?? 0] as const,
  );
  return {
    failures: counts.fleet,
    pools: Object.fromEntries(pools.filter(([, count]) => count > 0)),
  };
}

function failureCounts(
  { items }: Pick<RolloutState, "items">,
  fleet: Fleet,
): { fleet: number; pools: number[] } {
  const pools: number[] = [];
  let all = 0;
  items.forEach(({ kind }, index) => {
    if (kind !== "quarantined" && kind !== "excluded") return;
    all++;
    const pool = fleet.groups.pool.of[index] ?? 0;
    pools[pool] = (pools[pool] ?? 0) + 1;
  });
  return { fleet: all, pools };
}

/** Failures allowed in the whole fleet now, with those that were accepted. */
export function allowedNow(
  { settings, accepted, items }: RolloutState,
  budget: Budget = settings.budget,
): number {
  return allowed(budget, items.length, accepted.failures);
}
