import { workflowInfo } from "@temporalio/workflow";

/**
 * Options of a workflow that lives as long as the installation: where workers have versions it always runs on the newest
 * one, for no run of it ever ends. A worker without a version must not name any behaviour: the server takes no task from it.
 */
export const entityOptions = (): {
  readonly versioningBehavior?: "AUTO_UPGRADE";
} =>
  workflowInfo().currentDeploymentVersion?.deploymentName
    ? { versioningBehavior: "AUTO_UPGRADE" }
    : {};
