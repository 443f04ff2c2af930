import { remainderOf } from "../../workflows/rollout/remainder";
import {
  CloseWatch,
  type WatchedClose,
} from "../../workflows/window/close-watch";
import type { Window } from "../../workflows/window/window";
import { isOver, isRolling, type RunParts } from "./parts";

/** Does at the close of each window what its calendars want. */
export function watchClose(
  run: RunParts,
  window: Window,
  carried: WatchedClose | undefined,
): CloseWatch {
  const { desk, prepared } = run;
  const { plan, rollout, canUndo } = prepared;
  const { stages, gateExpiresMs } = rollout;
  return new CloseWatch({
    ...{ window, desk, carried, gateExpiresMs },
    digest: plan.sha256,
    atHand: () => {
      const { passed, ending } = run.progress;
      if (!isRolling(run) || isOver(run) || ending !== "done") return undefined;
      const isPlanDone = passed >= stages.length;
      return { ...remainderOf(run.rollout.state), canUndo, isPlanDone };
    },
    end: (by) =>
      run.rollout.dispatch({
        kind: by === "abort" ? "aborted" : "rolled back",
      }),
    note: (text) => run.note(text),
  });
}
