import { openArtifacts } from "../activities/artifacts/client";
import { configurationFile } from "../activities/configuration/client";
import { isRunbookError } from "../activities/errors";
import { serverAttest, serverStarts } from "../activities/evidence/client";
import { createInventory } from "../activities/inventory/client";
import { createLoadBalancer } from "../activities/loadbalancer/client";
import { createPostgresPorts } from "../activities/postgres/ports";
import { resolveReference } from "../activities/references";
import { createRoster } from "../activities/roster/client";
import { createSsh } from "../activities/ssh/ssh";
import { type Environment, readWorkerConfig } from "./config";
import { connectNative } from "./connection";
import { readConnectionSettings } from "./connection-settings";
import { createNetworkPorts } from "./network-ports";
import { createRunbookWorker } from "./runbook-worker";
import { installRuntime } from "./runtime";

/**
 * Runs a worker until it is told to stop (SIGINT, SIGTERM). Visits in flight are left running on their hosts; whichever
 * worker takes them over joins them.
 *
 * @throws config.invalid, temporal.unreachable, temporal.refused before anything is started
 */
export async function runWorker(
  env: Environment = process.env,
  onReady: (taskQueue: string) => void = () => undefined,
): Promise<void> {
  const config = readWorkerConfig(env);
  const { namespace = "default" } = readConnectionSettings(env);
  installRuntime(config);
  const connection = await connectNative(env);
  const ssh = createSsh();
  const artifacts = openArtifacts(config.artifacts);
  try {
    const worker = await createRunbookWorker(
      connection,
      { ...config, namespace },
      {
        ssh,
        artifacts,
        resolveReference,
        balancer: createLoadBalancer({ resolveReference }),
        inventory: createInventory({ baseDir: process.cwd() }),
        configuration: configurationFile(config.configuration),
        roster: createRoster(),
        starts: serverStarts(),
        attest: serverAttest(),
        postgres: createPostgresPorts(ssh),
        ...createNetworkPorts(ssh),
      },
    );
    onReady(worker.options.taskQueue);
    await worker.run();
  } finally {
    await Promise.all([ssh.close(), artifacts.close()]);
    await connection.close();
  }
}

async function main(): Promise<void> {
  try {
    await runWorker(process.env, (taskQueue) =>
      process.stdout.write(`worker polls ${taskQueue}\n`),
    );
  } catch (error) {
    const text =
      isRunbookError(error) || !(error instanceof Error)
        ? String(error)
        : error.stack;
    process.stderr.write(`${text ?? "unknown failure"}\n`);
    process.exitCode = 1;
  }
}

if (require.main === module) void main();
