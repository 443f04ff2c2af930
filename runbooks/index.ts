/** The workflow bundle's entry: one line a runbook. */
export { egressMigration } from "./egress-migration/workflow";
export { fleetUpgrade } from "./fleet-upgrade/workflow";
export { replicaSetup } from "./replica-setup/workflow";
export { switchover } from "./switchover/workflow";
export { sweep } from "./sweep/workflow";
export { verifyBackup } from "./verify-backup/workflow";

// What all runs share: one workflow for the locks of each target, and one for all freezes.
export { freezes } from "../workflows/freeze/workflow";
export { lock } from "../workflows/lock/workflow";
