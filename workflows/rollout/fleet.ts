/** Who takes part in a rollout, and which groups limit whom. Made once from the plan's rows; pure data. */

import type { GroupLimits, Share } from "./words";

/**
 * Hosts in work at once. A run may have 500 activities pending; a part of the ledger, calendars, lock and desired version
 * may be among them.
 */
export const mostSlots = 490;

export interface FleetRow {
  readonly id: string;
  readonly pool: string;
  readonly zone?: string | undefined;
  readonly site?: string | undefined;
  readonly jump?: string | undefined;
}

export const groupKinds = ["pool", "zone", "site", "jump"] as const;
export type GroupKind = (typeof groupKinds)[number];

export interface Grouping {
  readonly names: readonly string[];
  /** Hosts of each group. */
  readonly sizes: readonly number[];
  /** Group of each row; -1 for a row without one. */
  readonly of: readonly number[];
}

export interface Fleet {
  readonly rows: readonly FleetRow[];
  readonly groups: Readonly<Record<GroupKind, Grouping>>;
}

export function fleetOf(rows: readonly FleetRow[]): Fleet {
  return {
    rows,
    groups: {
      pool: groupingOf(rows, "pool"),
      zone: groupingOf(rows, "zone"),
      site: groupingOf(rows, "site"),
      jump: groupingOf(rows, "jump"),
    },
  };
}

function groupingOf(rows: readonly FleetRow[], kind: GroupKind): Grouping {
  const numbers = new Map<string, number>();
  const sizes: number[] = [];
  const of = rows.map((row) => {
    const name = row[kind];
    if (name === undefined) return -1;
    const number = numbers.get(name) ?? numbers.size;
    numbers.set(name, number);
    sizes[number] = (sizes[number] ?? 0) + 1;
    return number;
  });
  return { names: [...numbers.keys()], sizes, of };
}

/** A share of a group in hosts: rounded down, but never nothing, or the group could never move. */
export function hostsOf(share: Share, size: number): number {
  if (typeof share === "number") return share;
  return Math.max(1, Math.floor((Number.parseInt(share, 10) * size) / 100));
}

/** Most hosts in work at once in each group of a kind; undefined where the kind does not limit. */
export function limitsOf(
  fleet: Fleet,
  kind: GroupKind,
  limits: GroupLimits,
): readonly number[] | undefined {
  const share = limits[kind];
  if (share === undefined) return undefined;
  return fleet.groups[kind].sizes.map((size) => hostsOf(share, size));
}
