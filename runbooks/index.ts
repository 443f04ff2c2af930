/** The workflow bundle's entry: one line a runbook. */
export { fleetUpgrade } from "./fleet-upgrade/workflow";
