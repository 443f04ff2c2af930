/** Queries and controls of this runbook are those of every rollout. */
export { hostsQuery, progressQuery } from "../../workflows/rollout/messages";
