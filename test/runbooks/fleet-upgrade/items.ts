import { groupedFailure } from "../../../workflows/rollout/causes";
import {
  freshItem,
  freshOrder,
  type Item,
  newRollout,
  type RolloutState,
  undoOrders,
} from "../../../workflows/rollout/state";

/** Items that words, state and report are tested with. */

export const waiting = freshItem;
export const visiting: Item = { kind: "visiting", order: freshOrder, since: 0 };
export const upgraded: Item = {
  kind: "finished",
  outcome: "upgraded",
  touched: true,
};
export const rolledBack: Item = {
  kind: "finished",
  outcome: "rolled back",
  touched: false,
};
export const goingBack: Item = {
  kind: "waiting",
  order: undoOrders.upgraded,
};
export function failed(
  message: string,
  kind: "quarantined" | "excluded" = "quarantined",
  host = "web-0",
): Item {
  const failure = groupedFailure(
    { type: "ssh.nonZeroExit", step: "apply", message },
    host,
  );
  return kind === "quarantined"
    ? { kind, order: freshOrder, failure }
    : { kind, failure };
}

export function rolloutOf(
  items: readonly Item[],
  over: Partial<RolloutState> = {},
): RolloutState {
  const settings = {
    ...{ slots: 10, limits: {}, slowStart: false, budget: { failures: 2 } },
    ...{ hostDeadlineMs: 60_000, progressDeadlineMs: 600_000 },
  };
  return {
    ...newRollout(items.length, settings),
    items,
    stageEnd: items.length,
    ...over,
  };
}
