import { procedureGates } from "../approvals";

/** Every gate that a run may open, with the choices that it may offer. */
export const replicaSetupGates = procedureGates({
  begin: ["approve", "deny"],
  ready: ["switch over", "finish", "roll back"],
  failed: ["retry", "skip", "mark done", "roll back", "abort"],
  window: ["start anyway", "roll back", "abort"],
  "watch-slot": ["go on", "abort", "roll back"],
  "window-override": ["approve", "deny"],
  "window-moved": ["approve", "deny"],
});
