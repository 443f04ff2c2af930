import { randomUUID } from "node:crypto";
import { Client, Connection } from "@temporalio/client";
import {
  DefaultLogger,
  makeTelemetryFilterString,
  NativeConnection,
  Runtime,
  Worker,
  type WorkerOptions,
} from "@temporalio/worker";
import { startDevServer, type DevServer } from "../../lab/temporal/dev-server";
import { workflowBundle } from "./temporal-bundle";

export { workflowBundle } from "./temporal-bundle";
export {
  recordChain,
  recordHistory,
  replayHistories,
} from "./temporal-history";
export { fastForward, startSkipping, virtualNow } from "./temporal-time";

export interface TestServer extends DevServer {
  readonly client: Client;
  /** For workers made by hand; `worker()` uses it too. */
  readonly connection: NativeConnection;
  /** Makes a worker on a task queue of its own, unless one is named; read it from `worker.options.taskQueue`. */
  worker(options?: TestWorkerOptions): Promise<Worker>;
}

export interface TestWorkerOptions extends Partial<WorkerOptions> {
  /** The module whose exports are the workflows; the runbooks unless said otherwise. */
  readonly workflowsPath?: string;
}

export interface TestServerOptions {
  readonly db?: string;
  readonly ui?: boolean;
  /** Makes runs hand over to their successors after so many events. */
  readonly suggestedEvents?: number | undefined;
}

/**
 * A Temporal server for one test file, with time skipping, up in 0.4 s: start it in `beforeAll`, stop it in `afterAll`.
 * Stopping fails when a worker still runs, so a leak shows in the file that made it.
 */
export async function startTestServer(
  options: TestServerOptions = {},
): Promise<TestServer> {
  quietLogs();
  const server = await startDevServer({
    ui: false,
    ...options,
    env: withoutAddress(process.env),
    timeSkipping: true,
  });
  const { address, namespace } = server;
  const clientConnection = await Connection.connect({ address });
  const connection = await NativeConnection.connect({ address });
  const stop = async () => {
    await clientConnection.close();
    await connection.close();
    await server.stop();
  };
  return {
    address,
    namespace,
    env: server.env,
    uiUrl: server.uiUrl,
    get pid() {
      return server.pid;
    },
    restart: (how) => server.restart(how),
    stop,
    client: new Client({ connection: clientConnection, namespace }),
    connection,
    worker: ({ workflowsPath, ...rest } = {}) =>
      makeWorker({ connection, namespace, ...rest }, workflowsPath),
  };
}

/** A name that no other test uses. */
export function uniqueId(prefix: string): string {
  return `${prefix}-${randomUUID().slice(0, 8)}`;
}

async function makeWorker(
  options: Partial<WorkerOptions>,
  workflowsPath?: string,
): Promise<Worker> {
  return Worker.create({
    taskQueue: uniqueId("test"),
    workflowBundle: await workflowBundle(workflowsPath),
    ...options,
  });
}

/** Whoever exports TEMPORAL_ADDRESS for the real cluster must not have the tests run there. */
function withoutAddress(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const rest = { ...env };
  delete rest["TEMPORAL_ADDRESS"];
  delete rest["TEMPORAL_NAMESPACE"];
  return rest;
}

/** The SDK tells of each worker's birth and death; a test prints what fails, and nothing else. */
function quietLogs(): void {
  try {
    const filter = makeTelemetryFilterString({ core: "ERROR" });
    Runtime.install({
      logger: new DefaultLogger("ERROR"),
      telemetryOptions: { logging: { filter } },
    });
  } catch (error) {
    // Installed already by an earlier server in this file.
    if (!(error instanceof Error) || error.name !== "IllegalStateError")
      throw error;
  }
}
