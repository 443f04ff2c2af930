/** What a rollout has in hand and what it has left. Pure. */

import type { Item, RolloutState } from "./state";

export interface Remainder {
  /** Hosts whose visit goes on. */
  readonly inWork: number;
  /** Hosts whose turn has not come, or that somebody wants visited once more. A quarantined one waits for its own gate. */
  readonly left: number;
  /** Whether the run may have changed a host. */
  readonly isTouched: boolean;
}

export function remainderOf({ items }: Pick<RolloutState, "items">): Remainder {
  let inWork = 0;
  let left = 0;
  let isTouched = false;
  for (const item of items) {
    if (item.kind === "visiting") inWork++;
    if (item.kind === "waiting") left++;
    isTouched ||= mayHaveChanged(item);
  }
  return { inWork, left, isTouched };
}

function mayHaveChanged(item: Item): boolean {
  switch (item.kind) {
    case "waiting":
      return item.order.was !== undefined;
    case "finished":
      return item.touched;
    case "visiting":
    case "quarantined":
    case "excluded":
      return true;
  }
}
