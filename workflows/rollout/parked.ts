/** Hosts whose visit stopped at the close of a window, between two of its steps. Pure. */

import type { Parked } from "../../activities/host/port";
import type { Fleet } from "./fleet";
import type { Item, RolloutState, VisitOrder } from "./state";
import type { ParkedHosts } from "./words";

const named = 10;

/** It keeps its slot and its place in its groups, for it may be out of service. */
export const isParked = (
  item: Item,
): item is Extract<Item, { kind: "waiting" }> & {
  readonly order: { readonly parked: Parked };
} => item.kind === "waiting" && item.order.parked !== undefined;

/** As it was before it was parked; what it is should its turn never come stays. */
export function unparked(order: VisitOrder): VisitOrder {
  if (order.parked === undefined) return order;
  const { parked: _, ...rest } = order;
  return rest;
}

/** Those that wait for the next window; undefined when none does. */
export function parkedHosts(
  { items }: Pick<RolloutState, "items">,
  { rows }: Fleet,
): ParkedHosts | undefined {
  const hosts = items.flatMap((item, index) =>
    isParked(item)
      ? [{ id: rows[index]?.id ?? String(index), ...item.order.parked }]
      : [],
  );
  if (hosts.length === 0) return undefined;
  return { count: hosts.length, hosts: hosts.slice(0, named) };
}

export function parkedInWords({ after, before, drained }: Parked): string {
  const where =
    after === undefined ? `before ${before}` : `between ${after} and ${before}`;
  return `parked ${where}${drained ? ", and stays drained" : ""}`;
}
