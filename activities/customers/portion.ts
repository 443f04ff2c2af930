import type { DivisionDocument, Portion } from "./port";

/** Destinations by the addresses from which they are reached. */
export interface PortionAddresses {
  readonly moved: readonly string[];
  /** All other addresses of customers: what moves by share alone is nobody's. */
  readonly stay: readonly string[];
}

/**
 * What of a division is moved at a percent of it, rounded up, or with the own test sites alone. A higher percent moves all that a
 * lower one does; any above 0 moves the own test sites, and 100 all that may be moved. Pure.
 */
export function portionOf(
  document: DivisionDocument,
  moved: Portion["moved"],
): PortionAddresses {
  const { movable, canaries, stay } = document;
  const count =
    moved === "canaries" ? canaries : countAt(moved, movable.length, canaries);
  return {
    moved: movable.slice(0, count),
    stay: [...stay, ...movable.slice(count)],
  };
}

function countAt(percent: number, movable: number, canaries: number): number {
  if (percent <= 0) return 0;
  const share = Math.ceil((movable * Math.min(percent, 100)) / 100);
  return Math.max(canaries, share);
}
