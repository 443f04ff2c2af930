import { hostname } from "node:os";
import { connectClient } from "./connection";
import { readWorkerConfig } from "./config";

/** A poll lasts a minute; one that is older than two was the last. */
const FRESH_MS = 120_000;

/** gRPC's number for the activity queue. */
const ACTIVITY_QUEUE = 2;

/**
 * Whether a worker of this machine polls its queue, as the server sees it. Reads the same environment as the worker.
 *
 * @throws config.invalid, temporal.*
 */
export async function isPolling(now = Date.now()): Promise<boolean> {
  const { taskQueue } = readWorkerConfig();
  const client = await connectClient();
  try {
    const { pollers } = await client.workflowService.describeTaskQueue({
      namespace: client.options.namespace,
      taskQueue: { name: taskQueue },
      taskQueueType: ACTIVITY_QUEUE,
    });
    return (pollers ?? []).some(
      ({ identity, lastAccessTime }) =>
        identity?.endsWith(`@${hostname()}`) === true &&
        now - Number(lastAccessTime?.seconds ?? 0) * 1_000 < FRESH_MS,
    );
  } finally {
    await client.connection.close();
  }
}

async function main(): Promise<void> {
  try {
    if (await isPolling()) return;
    process.stderr.write("no worker of this machine polls its queue\n");
  } catch (error) {
    process.stderr.write(
      `${error instanceof Error ? error.message : String(error)}\n`,
    );
  }
  process.exitCode = 1;
}

if (require.main === module) void main();
