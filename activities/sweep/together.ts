import type { Findings } from "./port";

/** All of them as one. */
export function together(all: readonly Findings[]): Findings {
  const sum = (of: (one: Findings) => number): number =>
    all.reduce((total, one) => total + of(one), 0);
  return {
    leftovers: all.flatMap(({ leftovers }) => leftovers),
    silent: all.flatMap(({ silent }) => silent),
    folders: {
      kept: sum(({ folders }) => folders.kept),
      removed: sum(({ folders }) => folders.removed),
    },
  };
}
