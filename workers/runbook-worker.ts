import { type NativeConnection, Worker } from "@temporalio/worker";
import { siteQueue } from "../workflows/task-queues";
import { workflowBundle } from "./bundle";
import { composeActivities, type Ports } from "./compose";

export interface RunbookWorkerSettings {
  readonly namespace: string;
  /** The queue of the runbooks; a worker at a site polls that of its site. */
  readonly taskQueue: string;
  /** A worker at a site reaches the site's own hosts and nothing else; workflows run on the others. */
  readonly site?: string | undefined;
  /** Visits and other activities at once. */
  readonly slots: number;
  /** With it runs stay on the version that they began with. */
  readonly version?:
    { readonly deploymentName: string; readonly buildId: string } | undefined;
}

/** A worker for the runbooks' workflows and activities; any number may share a queue. */
export async function createRunbookWorker(
  connection: NativeConnection,
  settings: RunbookWorkerSettings,
  ports: Ports,
): Promise<Worker> {
  const { namespace, taskQueue, site, slots, version } = settings;
  return Worker.create({
    connection,
    namespace,
    taskQueue: siteQueue(taskQueue, site),
    activities: composeActivities(ports),
    maxConcurrentActivityTaskExecutions: slots,
    // Shorter than the heartbeat timeout, so that a cancel request reaches a visit within seconds.
    maxHeartbeatThrottleInterval: "4 seconds",
    // Short steps end in peace; long ones are left running on their hosts for the worker that joins them.
    shutdownGraceTime: "5 seconds",
    shutdownForceTime: "30 seconds",
    ...(site === undefined
      ? { workflowBundle: await workflowBundle(), maxCachedWorkflows: 200 }
      : {}),
    ...(version === undefined
      ? {}
      : {
          workerDeploymentOptions: {
            version,
            useWorkerVersioning: true,
            defaultVersioningBehavior: "PINNED" as const,
          },
        }),
  });
}
