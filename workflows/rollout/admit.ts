import type { Item, RolloutState } from "./state";

/**
 * Which items start next: the first waiting ones of the stage, as many as there are free slots. A quarantined item
 * keeps its slot, so trouble slows the rollout down before the budget stops it. While holding, only what somebody asked
 * for again may start: mending is how a rollout gets back within its budget.
 */
export function admit(state: RolloutState): number[] {
  if (state.kind === "draining") return [];
  const admissible = state.kind === "holding" ? isRetried : isWaiting;
  let free = state.slots - state.items.filter(takesSlot).length;
  const admitted: number[] = [];
  for (let index = 0; index < state.stageEnd && free > 0; index++) {
    const item = state.items[index];
    if (item === undefined || !admissible(item)) continue;
    admitted.push(index);
    free--;
  }
  return admitted;
}

const takesSlot = ({ kind }: Item): boolean =>
  kind === "visiting" || kind === "quarantined";

const isWaiting = ({ kind }: Item): boolean => kind === "waiting";

const isRetried = (item: Item): boolean =>
  item.kind === "waiting" && Object.keys(item.generations).length > 0;
