/** Resources are paths of a tree: `target`, `target/pool`, `target/pool/host`. Pure. */

/** Whether one is the other, or above it. */
export const covers = (above: string, below: string): boolean =>
  above === below || below.startsWith(`${above}/`);

/** Whether changing one changes the other: it is the same, above it or below it. */
export const overlaps = (one: string, other: string): boolean =>
  covers(one, other) || covers(other, one);
