import { procedureGates } from "../approvals";

/** Every gate that a run may open, with the choices that it may offer. */
export const switchoverGates = procedureGates({
  switch: ["approve", "deny"],
  failed: ["retry", "mark done", "skip", "abort"],
  window: ["start anyway", "roll back", "abort"],
  "window-override": ["approve", "deny"],
  "window-moved": ["approve", "deny"],
});
