import type { Decision } from "../../workflows/gate/gate";
import { failures, type RolloutState } from "../../workflows/rollout/state";
import type { FleetUpgradeResult } from "./contract";

/** Where a run is. The rollout's own reducer is the only one that changes what is inside. */
export type FleetState =
  | { readonly kind: "planning" }
  | {
      readonly kind:
        | "upgrading canaries"
        | "asking"
        | "upgrading the rest"
        | "reporting"
        | "ended";
      readonly rollout: RolloutState;
    };

/** Titles of the steps, in README and UI alike. */
export const stepTitles: Readonly<Record<FleetState["kind"], string>> = {
  planning: "1. Plan",
  "upgrading canaries": "2. Upgrade the canaries",
  asking: "3. Ask before the rest",
  "upgrading the rest": "4. Upgrade the rest",
  reporting: "5. Report",
  ended: "ended",
};

/** How a run that was carried out ended. A denial leaves hosts unattempted, so it is told before their failures. */
export function outcomeOfRun(
  rollout: RolloutState,
  approval: Decision | undefined,
  ending: "done" | "cancelled",
): FleetUpgradeResult["outcome"] {
  if (ending === "cancelled") return "cancelled";
  if (approval?.choice === "deny") return "denied";
  if (rollout.kind === "draining") return "aborted";
  return failures(rollout) > 0 ? "completed with failures" : "completed";
}

/** Finished or given up, of all hosts; in steps of ten, since each published change is a history event. */
export function percentDone({ items }: Pick<RolloutState, "items">): number {
  if (items.length === 0) return 100;
  const isDone = ({ kind }: RolloutState["items"][number]): boolean =>
    kind === "finished" || kind === "excluded";
  return Math.floor((items.filter(isDone).length * 10) / items.length) * 10;
}
