import { isParked } from "../../workflows/rollout/parked";
import type { Item } from "../../workflows/rollout/state";
import type { FleetRow } from "../../workflows/rollout/fleet";
import type { FleetPlan } from "./contract";

/** More hosts are locked by their pools. */
const mostHosts = 100;

/**
 * What a run locks: as little as holds every host that it may visit, those that appear later included. Ids and pools name
 * their hosts for good; any other selection may mean a host of any pool tomorrow, so it takes the whole target.
 */
export function resourcesOf({
  target,
  selection,
  hosts,
}: Pick<FleetPlan, "target" | "selection" | "hosts">): string[] {
  const { ids, pools } = selection ?? {};
  if (ids !== undefined && hosts.length <= mostHosts)
    return hosts.map((host) => pathOf(target, host));
  if (ids === undefined && pools === undefined) return [target];
  const named = pools ?? hosts.map(({ pool }) => pool);
  return [...new Set(named)].map((pool) => `${target}/${pool}`);
}

/** What stays locked after a run: the hosts that failed or stopped in the middle of their visit, and that nobody has mended. */
export function resourcesInDoubt(
  target: string,
  items: readonly Item[],
  rows: readonly FleetRow[],
): string[] {
  const hosts = rows.filter((_, index) => isInDoubt(items[index]));
  return hosts.length <= mostHosts
    ? hosts.map((host) => pathOf(target, host))
    : [...new Set(hosts.map(({ pool }) => `${target}/${pool}`))];
}

export const isInDoubt = (item: Item | undefined): boolean =>
  item?.kind === "quarantined" ||
  item?.kind === "excluded" ||
  (item !== undefined && isParked(item));

const pathOf = (
  target: string,
  { id, pool }: Pick<FleetRow, "id" | "pool">,
): string => `${target}/${pool}/${id}`;
