import { procedureGates } from "../approvals";
import { beginGate } from "./plan";

/** Every gate that a run may open, with the choices that it may offer. */
export const verifyBackupGates = procedureGates({
  [beginGate]: ["approve", "deny"],
  failed: ["retry", "mark done", "skip", "abort"],
});
