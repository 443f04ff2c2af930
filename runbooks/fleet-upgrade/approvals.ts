import type { GatePolicies } from "../../activities/approvals/port";
import type { Fault } from "../../activities/faults";
import { isMeant, policyFor } from "../../workflows/gate/policy";
import type { RunbookGates } from "../approvals";
import type { FleetUpgradeSettings } from "./contract";

/** Every gate that a run may open, with the choices that it may offer. */
const choices: RunbookGates["choices"] = {
  start: ["approve", "deny"],
  canary: ["approve", "deny"],
  stage: ["approve", "deny"],
  build: ["retry", "abort"],
  "failed-hosts": [
    ...["retry", "redo", "skip", "exclude", "mark done", "roll back host"],
  ],
  budget: ["continue", "abort", "rollback"],
  progress: ["continue", "abort", "rollback"],
  "window-close": ["park", "abort", "rollback"],
  "window-override": ["approve", "deny"],
  "window-moved": ["approve", "deny"],
  overrun: ["approve", "deny"],
};

/** The contract allows 20 stages behind the canaries, and the last of all asks nobody. */
const stageGates = Array.from({ length: 20 }, (_, at) => `stage-${at + 2}`);

export const fleetUpgradeGates: RunbookGates = {
  choices,
  meantBy: (key) => [
    ...Object.keys(choices).filter(
      (gate) => gate !== "stage" && isMeant(key, gate),
    ),
    ...(stageGates.some((gate) => isMeant(key, gate)) ? ["stage"] : []),
  ],
  shown: [
    ...Object.keys(choices).filter((gate) => gate !== "stage"),
    ...["stage-2 to stage-21", "stage-*"],
  ],
};

/** An input that leaves out a gate whose answer the configuration wants; no input gets around it. */
export function evasions(
  policies: GatePolicies,
  { canary, stages }: Pick<FleetUpgradeSettings, "canary" | "stages">,
): Fault[] {
  const wanted = (gate: string) => ({
    found: "false",
    expected: `true: the configuration gives gate ${gate} the policy ${policyFor(policies, gate)?.name}`,
    hint: "who must answer is the configuration's to say, not the input's",
  });
  return [
    ...(policyFor(policies, "canary") !== undefined && !canary.gate
      ? [{ path: "canary.gate", ...wanted("canary") }]
      : []),
    ...stages.flatMap(({ gate }, index) => {
      const name = `stage-${index + 2}`;
      return Object.hasOwn(policies, name) && !gate
        ? [{ path: `stages[${index}].gate`, ...wanted(name) }]
        : [];
    }),
  ];
}
