import { join } from "node:path";
import type { Client } from "@temporalio/client";
import { startDevServer } from "../lab/temporal/dev-server";
import { resolveTemporal } from "../lab/temporal/resolve";
import { connectClient } from "../workers/connection";
import { type OwnWorker, startOwnWorker } from "./fleet/own-worker";

/** A Temporal server and a worker of its own, up and waiting. */
export interface OwnTemporal {
  readonly client: Client;
  readonly taskQueue: string;
  readonly worker: Pick<OwnWorker, "peakRssKb">;
  readonly stop: () => Promise<void>;
}

/** For the hosts of a lab. @throws Error with what the worker said when it ends instead */
export async function startOwnTemporal(lab: {
  readonly configFile: string;
  readonly dir: string;
}): Promise<OwnTemporal> {
  // A server that runs somewhere else would be measured over its network.
  const env = { ...process.env };
  delete env["TEMPORAL_ADDRESS"];
  delete env["TEMPORAL_NAMESPACE"];
  const server = await startDevServer({
    ...{ env, temporal: await resolveTemporal(env), ui: false },
  });
  try {
    const taskQueue = `bench-${process.pid}`;
    const worker = await startOwnWorker({
      ...server.env,
      RUNBOOK_TASK_QUEUE: taskQueue,
      RUNBOOK_CONFIG: lab.configFile,
      RUNBOOK_ARTIFACTS: join(lab.dir, "artifacts"),
    });
    const client = await connectClient(server.env);
    const stop = async (): Promise<void> => {
      await client.connection.close();
      await worker.stop();
      await server.stop();
    };
    return { client, taskQueue, worker, stop };
  } catch (error) {
    await server.stop();
    throw error;
  }
}
