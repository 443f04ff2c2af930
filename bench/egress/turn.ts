import type { Seen } from "./probers";

/** How new connections turned from some addresses to others after an order. Milliseconds since the order was given. */
export interface Turn {
  /** When the first connection was begun that came by an address of the new side. */
  readonly firstMs: number;
  /** When the last one was begun that came by an address of the side that was left; 0 when there was none. */
  readonly lastMs: number;
}

/** @param to the addresses that connections were ordered to; the others are those that were left */
export function turnOf(
  seen: readonly Seen[],
  orderedAt: number,
  to: readonly string[],
): Turn {
  const after = seen.filter(({ at }) => at >= orderedAt);
  const isThere = ({ source }: Seen): boolean => to.includes(source);
  const since = ({ at }: Seen): number => Math.round(at - orderedAt);
  return {
    firstMs: Math.min(...after.filter(isThere).map(since)),
    lastMs: Math.max(0, ...after.filter((one) => !isThere(one)).map(since)),
  };
}
