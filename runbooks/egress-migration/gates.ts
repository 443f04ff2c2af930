import { procedureGates } from "../approvals";

/** Every gate that a run may open, with the choices that it may offer. */
export const egressMigrationGates = procedureGates({
  production: ["approve", "deny"],
  release: ["release", "roll back"],
  failed: ["retry", "skip", "mark done", "roll back", "abort"],
  window: ["start anyway", "roll back", "abort"],
  "watch-pressure": ["go on", "abort", "roll back"],
  "window-override": ["approve", "deny"],
  "window-moved": ["approve", "deny"],
});
