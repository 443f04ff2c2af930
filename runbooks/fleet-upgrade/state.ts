import type { Decision } from "../../workflows/gate/gate";
import type { RolloutState } from "../../workflows/rollout/state";
import type { FleetUpgradeResult, PreparedFleetUpgrade } from "./contract";

export type FleetOutcome = FleetUpgradeResult["outcome"];

/** Where a run is. Each kind has exactly the facts that exist there. */
export type FleetState =
  | { readonly kind: "planning" }
  | {
      readonly kind:
        "upgrading canaries" | "asking" | "upgrading the rest" | "reporting";
      readonly rollout: RolloutState;
    }
  | {
      readonly kind: "finished";
      readonly outcome: FleetOutcome;
      readonly rollout: RolloutState;
    };

/** Titles of the steps, in README and UI alike. */
export const stepTitles: Readonly<Record<FleetState["kind"], string>> = {
  planning: "1. Plan",
  "upgrading canaries": "2. Upgrade the canaries",
  asking: "3. Ask before the rest",
  "upgrading the rest": "4. Upgrade the rest",
  reporting: "5. Report",
  finished: "finished",
};

/** How a run that was carried out ended. A denial leaves hosts unattempted, so it is told before their failures. */
export function outcomeOfRun(
  rollout: RolloutState,
  approval: Decision | undefined,
  cancelled: boolean,
): FleetOutcome {
  if (cancelled) return "cancelled";
  if (approval?.choice === "deny") return "denied";
  if (rollout.kind === "draining") return "aborted";
  const failed = rollout.items.some(
    ({ kind }) => kind === "excluded" || kind === "quarantined",
  );
  return failed ? "completed with failures" : "completed";
}

/** Finished or given up, of all hosts; in steps of ten, since each published change is a history event. */
export function percentDone({ items }: RolloutState): number {
  const done = items.filter(
    ({ kind }) => kind === "finished" || kind === "excluded",
  ).length;
  return items.length === 0 ? 100 : Math.floor((done / items.length) * 10) * 10;
}

export function rowIds({ rows }: Pick<PreparedFleetUpgrade, "rows">): string[] {
  return rows.map(({ id }) => id);
}
