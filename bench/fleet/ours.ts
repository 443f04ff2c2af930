import { randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import type {
  Client,
  WorkflowHandleWithFirstExecutionRunId,
} from "@temporalio/client";
import { startDevServer, type DevServer } from "../../lab/temporal/dev-server";
import { resolveTemporal } from "../../lab/temporal/resolve";
import type { FleetUpgradeInput } from "../../runbooks/fleet-upgrade/contract";
import { workflowId } from "../../runbooks/fleet-upgrade/ids";
import type { fleetUpgrade } from "../../runbooks/fleet-upgrade/workflow";
import { connectClient } from "../../workers/connection";
import { commandNames, commandsFor } from "./commands";
import type { BenchHosts } from "./hosts";
import { startOwnWorker, type OwnWorker } from "./own-worker";

export type RunHandle = WorkflowHandleWithFirstExecutionRunId<
  typeof fleetUpgrade
>;

/** Server and worker, up and waiting. */
export interface OwnSide {
  readonly client: Client;
  /** From nothing to a worker that polls: server, then worker. */
  readonly coldStartMs: number;
  /** Starts a run that brings every host to the version. */
  start(version: string): Promise<RunHandle>;
  /** The highest of all workers so far. */
  peakRssKb(): number;
  /** Ends the worker by SIGKILL and starts another; resolves when that one polls. */
  replaceWorker(): Promise<Replaced>;
  stop(): Promise<void>;
}

export interface Replaced {
  /** When the old worker was gone, milliseconds since the epoch. */
  readonly killedAt: number;
  /** Process id of the new one. */
  readonly pid: number;
}

const TARGET = "bench";
const COMPONENT = "place";

export async function startOwnSide(
  hosts: BenchHosts,
  concurrency: number,
): Promise<OwnSide> {
  const configFile = writeConfig(hosts);
  // A server that runs somewhere else would be measured over its network.
  const env = { ...process.env };
  delete env["TEMPORAL_ADDRESS"];
  delete env["TEMPORAL_NAMESPACE"];
  const temporal = await resolveTemporal(env);
  const began = performance.now();
  const server = await startDevServer({ env, temporal, ui: false });
  const taskQueue = `bench-${process.pid}`;
  const workerEnv = {
    ...server.env,
    RUNBOOK_TASK_QUEUE: taskQueue,
    RUNBOOK_CONFIG: configFile,
    RUNBOOK_ARTIFACTS: join(hosts.folder, "artifacts"),
    RUNBOOK_SLOTS: String(Math.max(200, concurrency)),
  };
  try {
    const worker = await startOwnWorker(workerEnv);
    const coldStartMs = performance.now() - began;
    const client = await connectClient(server.env);
    const parts = { server, client, worker, workerEnv, taskQueue, concurrency };
    return ownSide(parts, coldStartMs);
  } catch (error) {
    await server.stop();
    throw error;
  }
}

interface Parts {
  readonly server: DevServer;
  readonly client: Client;
  readonly worker: OwnWorker;
  readonly workerEnv: Readonly<Record<string, string>>;
  readonly taskQueue: string;
  readonly concurrency: number;
}

function ownSide(parts: Parts, coldStartMs: number): OwnSide {
  const { server, client, workerEnv, taskQueue, concurrency } = parts;
  let { worker } = parts;
  let peakKb = 0;
  const notePeak = () => (peakKb = Math.max(peakKb, worker.peakRssKb()));
  return {
    client,
    coldStartMs,
    start: (version) => {
      const input = inputFor(version, concurrency);
      return client.workflow.start<typeof fleetUpgrade>("fleetUpgrade", {
        taskQueue,
        workflowId: workflowId(input),
        args: [input],
      });
    },
    peakRssKb: notePeak,
    async replaceWorker() {
      notePeak();
      await worker.kill();
      const killedAt = Date.now();
      worker = await startOwnWorker(workerEnv);
      return { killedAt, pid: worker.pid };
    },
    async stop() {
      await client.connection.close();
      await worker.stop();
      await server.stop();
    },
  };
}

/** As few ceremonies as the peers have: nobody is asked, nothing is looked up before or after. */
function inputFor(version: string, slots: number): FleetUpgradeInput {
  return {
    target: TARGET,
    change: `bench-${randomUUID().slice(0, 8)}`,
    component: COMPONENT,
    version,
    mode: "execute",
    slots,
    slowStart: false,
    canary: { gate: false },
    census: { versions: false, waves: 0 },
    checks: { hosts: "none" },
  };
}

/** JSON is YAML. */
function writeConfig(hosts: BenchHosts): string {
  const { folder, places, user, keyFile, knownHostsFile } = hosts;
  const address = "{{host.address}}";
  const commands = commandsFor({ places, address, version: "{{version}}" });
  const steps = commandNames.map(
    (name) => [name, { run: commands[name] }] as const,
  );
  const configuration = {
    targets: {
      [TARGET]: {
        inventory: { file: hosts.inventoryFile },
        ssh: {
          user,
          identities: [{ key: keyFile }],
          knownHosts: [knownHostsFile],
        },
      },
    },
    components: {
      [COMPONENT]: { steps: Object.fromEntries(steps), minReadyS: 0 },
    },
  };
  const file = join(folder, "runbooks.yaml");
  writeFileSync(file, JSON.stringify(configuration, null, 2));
  return file;
}
