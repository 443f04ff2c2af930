/** Whether the new addresses have ports enough: the arithmetic of docs/egress.md. Pure. */

import type {
  Census,
  Gateway,
  Tuple,
  UsableAddresses,
} from "../../activities/egress/port";
import { addressesFor, capacityOf } from "../../activities/egress/port-use";
import type { EgressMigrationSettings } from "./contract";

export interface CapacityRow {
  /** Absent: all gateways together. */
  readonly gateway?: string;
  readonly tuple: Tuple;
  /** Connections open at once. */
  readonly need: number;
  /** New ones that may be used for it, and how many connections they carry. */
  readonly addresses: number;
  readonly capacity: number;
}

interface Means {
  readonly gateways: readonly Gateway[];
  readonly usable: readonly UsableAddresses[];
  readonly settings: Pick<EgressMigrationSettings, "capacity" | "needs">;
}

/** What the input says is needed, of all gateways together. */
export const declaredRows = ({
  settings: { needs },
  ...means
}: Means): CapacityRow[] =>
  needs.map(({ destination: tuple, connections: need }) => ({
    ...{ tuple, need },
    addresses: sumOf(
      means.gateways,
      (one) => addressesFor(one, tuple, means.usable).length,
    ),
    capacity: sumOf(means.gateways, (one) =>
      capacityOf(one, tuple, means.usable),
    ),
  }));

/** What was counted, at each gateway apart; a declared need is spread over them as the census saw it. */
export function measuredRows(
  { tuples }: Pick<Census, "tuples">,
  { gateways, usable, settings }: Means,
): CapacityRow[] {
  return tuples.flatMap(({ gateway: id, tuple, most }): CapacityRow[] => {
    const gateway = gateways.find((one) => one.id === id);
    if (gateway === undefined) return [];
    const counted = tuples
      .filter((one) => one.tuple === tuple)
      .reduce((sum, one) => sum + one.most, 0);
    const declared = declaredNeed(settings, tuple) * (most / counted);
    return [
      {
        ...{ gateway: id, tuple, need: Math.ceil(Math.max(most, declared)) },
        addresses: addressesFor(gateway, tuple, usable).length,
        capacity: capacityOf(gateway, tuple, usable),
      },
    ];
  });
}

const declaredNeed = ({ needs }: Means["settings"], tuple: Tuple): number =>
  needs.find(({ destination }) => destination === tuple)?.connections ?? 0;

export const isEnough = (
  { need, capacity }: CapacityRow,
  { capacity: percent }: Pick<EgressMigrationSettings, "capacity">,
): boolean => need * 100 <= capacity * percent;

/** `destination D needs 5,100 concurrent connections; 3 addresses give 384` */
export const tooSmallWords = (
  row: CapacityRow,
  { capacity: percent }: Pick<EgressMigrationSettings, "capacity">,
): string => {
  const { tuple, need, addresses, capacity } = row;
  const words = `destination ${tuple} needs ${grouped(need)} concurrent connections${through(row)}; ${countOf(addresses)} ${grouped(capacity)}`;
  return need > capacity
    ? words
    : `${words}, of which at most ${percent} % may be planned with`;
};

/** One line of the plan: `198.51.100.7:443 through gw-1: 120 of 256 (2 addresses of 128 ports), 47 %`. */
export function capacityWords(row: CapacityRow): string {
  const { tuple, need, addresses, capacity } = row;
  const percent = capacity === 0 ? "no" : Math.ceil((need / capacity) * 100);
  const each = addresses === 0 ? 0 : capacity / addresses;
  return `${tuple}${through(row)}: ${grouped(need)} of ${grouped(capacity)} (${addresses} x ${grouped(each)} ports), ${percent} %`;
}

/** Connections to each of the hottest destinations that staging has to carry, the hottest first. */
export function hottest(
  rows: readonly CapacityRow[],
  most: number,
): readonly { readonly tuple: Tuple; readonly need: number }[] {
  const needs = new Map<Tuple, number>();
  for (const { gateway, tuple, need } of rows) {
    const before = needs.get(tuple) ?? 0;
    // Of all gateways together it is said whole already.
    const sum = gateway === undefined ? Math.max(before, need) : before + need;
    needs.set(tuple, sum);
  }
  return [...needs]
    .map(([tuple, need]) => ({ tuple, need }))
    .sort((one, other) => other.need - one.need)
    .slice(0, most);
}

const through = ({ gateway }: CapacityRow): string =>
  gateway === undefined ? "" : ` through ${gateway}`;

const countOf = (addresses: number): string =>
  addresses === 1 ? "1 address gives" : `${addresses} addresses give`;

const grouped = (count: number): string =>
  String(Math.floor(count)).replace(/\B(?=(\d{3})+$)/g, ",");

const sumOf = (
  gateways: readonly Gateway[],
  count: (gateway: Gateway) => number,
): number => gateways.reduce((sum, gateway) => sum + count(gateway), 0);
