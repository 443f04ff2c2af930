import { isMeant } from "../../workflows/gate/policy";
import type { RunbookGates } from "../approvals";

/** Every gate that a run may open, with the choices that it may offer. `failed` stands for one gate of each step. */
const choices: RunbookGates["choices"] = {
  switch: ["approve", "deny"],
  failed: ["retry", "mark done", "skip", "abort"],
  "window-override": ["approve", "deny"],
  "window-moved": ["approve", "deny"],
};

export const switchoverGates: RunbookGates = {
  choices,
  meantBy: (key) => [
    ...Object.keys(choices).filter(
      (gate) => gate !== "failed" && isMeant(key, gate),
    ),
    ...(isMeant(key, "failed-step") || /^failed-./.test(key) ? ["failed"] : []),
  ],
  shown: [
    ...Object.keys(choices).filter((gate) => gate !== "failed"),
    ...["failed-<step>", "failed-*"],
  ],
};
