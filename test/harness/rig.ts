import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getClient } from "@temporalio/activity";
import {
  Client,
  type WorkflowHandle,
  type WorkflowHandleWithFirstExecutionRunId,
} from "@temporalio/client";
import type { Worker } from "@temporalio/worker";
import { openArtifacts } from "../../activities/artifacts/client";
import { configurationFile } from "../../activities/configuration/client";
import { serverAttest, serverStarts } from "../../activities/evidence/client";
import { createInventory } from "../../activities/inventory/client";
import { createLoadBalancer } from "../../activities/loadbalancer/client";
import { resolveReference } from "../../activities/references";
import { createRoster } from "../../activities/roster/client";
import { createRuns } from "../../activities/runs/client";
import { createPostgresPorts } from "../../activities/postgres/ports";
import { createSsh } from "../../activities/ssh/ssh";
import { createSweepActivities } from "../../activities/sweep/activities";
import { type Lab, startLab } from "../../lab/hosts/lab";
import type { LabOptions } from "../../lab/hosts/options";
import type {
  FleetUpgradeInput,
  FleetUpgradeResult,
} from "../../runbooks/fleet-upgrade/contract";
import { workflowId } from "../../runbooks/fleet-upgrade/ids";
import type { fleetUpgrade } from "../../runbooks/fleet-upgrade/workflow";
import { composeActivities, type Ports } from "../../workers/compose";
import { createNetworkPorts } from "../../workers/network-ports";
import type { Answer, OpenGate } from "../../workflows/gate/gate";
import { decide, gatesQuery } from "../../workflows/gate/messages";
import { siteQueue } from "../../workflows/task-queues";
import { releaseSignal } from "../../workflows/lock/messages";
import { progressQuery } from "../../workflows/rollout/messages";
import type { RolloutProgress } from "../../workflows/rollout/words";
import { eventually } from "./eventually";
import { startTestServer, type TestServer, uniqueId } from "./temporal";

export type FleetHandle = WorkflowHandleWithFirstExecutionRunId<
  typeof fleetUpgrade
>;

type Gated = Pick<
  WorkflowHandle<typeof fleetUpgrade>,
  "query" | "executeUpdate"
>;

/** Real hosts, a real Temporal server and a worker in this process: what an integration test of a runbook needs. */
export interface Rig {
  readonly lab: Lab;
  readonly server: TestServer;
  readonly folder: string;
  readonly taskQueue: string;
  /** Leads a command line or a worker of another process here. */
  readonly env: Readonly<Record<string, string>>;
  /** Starts a run in mode execute on target `lab`; the change id is unique unless given. The server records who did. */
  start(
    input?: Partial<FleetUpgradeInput>,
    identity?: string,
  ): Promise<FleetHandle>;
  /** The gate, as soon as it is open. */
  gate(handle: Gated, id: string): Promise<OpenGate>;
  /** Waits for the gate and answers it by Update. */
  answer(
    handle: Gated,
    id: string,
    choice: string,
    rest?: Partial<Answer>,
  ): Promise<string>;
  /** Waits until the run's progress satisfies the question. */
  until(
    handle: Gated,
    question: (progress: RolloutProgress) => boolean,
  ): Promise<RolloutProgress>;
  /** Another worker, at a site; the test stops it. */
  workerAt(site: string): Promise<() => Promise<void>>;
  reportOf(result: FleetUpgradeResult): Promise<string>;
  stop(): Promise<void>;
}

export interface RigOptions {
  readonly lab?: Partial<LabOptions>;
  /** False when the test runs workers of its own. */
  readonly worker?: boolean;
  /** Keeps the server's data in a file, for tests that restart it. */
  readonly persistent?: boolean;
  /** With the Web UI, at `server.uiUrl`. */
  readonly ui?: boolean;
  /** Makes runs hand over to their successors after so many events. */
  readonly suggestedEvents?: number;
}

export async function startRig({
  lab: labOptions = {},
  worker: hasWorker = true,
  persistent = false,
  ui = false,
  suggestedEvents,
}: RigOptions = {}): Promise<Rig> {
  const folder = await mkdtemp(join(tmpdir(), "runbooks-rig-"));
  const db = join(folder, "temporal.db");
  const [lab, server] = await Promise.all([
    startLab({
      hosts: 8,
      dir: join(folder, "lab"),
      applyMs: 50,
      // Two looks at each host; what more of them would see is tested beside `untilReady`.
      minReadyS: 0.2,
      ...labOptions,
    }),
    startTestServer({ ...(persistent ? { db } : {}), ui, suggestedEvents }),
  ]);
  const taskQueue = uniqueId("runbooks");
  const artifacts = openArtifacts({ location: join(folder, "artifacts") });
  const stopWorker = hasWorker
    ? await runWorker(server, taskQueue, { lab, artifacts })
    : () => Promise.resolve();
  return {
    lab,
    server,
    folder,
    taskQueue,
    env: {
      ...server.env,
      RUNBOOK_TASK_QUEUE: taskQueue,
      RUNBOOK_CONFIG: lab.configFile,
      RUNBOOK_ARTIFACTS: join(folder, "artifacts"),
    },
    start: (input = {}, identity) =>
      startRun(server, taskQueue, input, identity),
    gate: (handle, id) => openGate(handle, id),
    async answer(handle, id, choice, rest = {}) {
      const { nonce } = await openGate(handle, id);
      const answer = { gate: id, nonce, choice, by: "test", ...rest };
      return handle.executeUpdate(decide, { args: [answer] });
    },
    until: (handle, question) =>
      eventually(async () => {
        const progress = await handle.query(progressQuery);
        return progress !== undefined && question(progress)
          ? progress
          : undefined;
      }),
    workerAt: (site) =>
      runWorker(server, siteQueue(taskQueue, site), { lab, artifacts }),
    reportOf: ({ report }) =>
      readFile(join(folder, "artifacts", report?.markdown.key ?? ""), "utf8"),
    async stop() {
      await stopWorker();
      await Promise.all([server.stop(), lab.stop(), artifacts.close()]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** An end-to-end test runs a worker in its own process; here it shares this one. */
async function runWorker(
  server: TestServer,
  taskQueue: string,
  deps: { lab: Lab; artifacts: ReturnType<typeof openArtifacts> },
): Promise<() => Promise<void>> {
  const ssh = createSsh();
  const ports: Ports = {
    ssh,
    resolveReference,
    artifacts: deps.artifacts,
    balancer: createLoadBalancer({ resolveReference }),
    configuration: configurationFile(deps.lab.configFile),
    roster: createRoster(),
    starts: serverStarts(),
    attest: serverAttest(),
    postgres: createPostgresPorts(ssh),
    ...createNetworkPorts(ssh),
    inventory: createInventory({ baseDir: deps.lab.dir }),
  };
  const worker: Worker = await server.worker({
    taskQueue,
    activities: {
      ...composeActivities(ports),
      // No test waits until every worker knows that a run has ended.
      ...createSweepActivities({
        ...{ ...ports, settledAfterMs: 0 },
        runs: createRuns(getClient),
      }),
    },
  });
  const running = worker.run();
  return async () => {
    worker.shutdown();
    await running;
    await ssh.close();
  };
}

async function startRun(
  { client: own }: TestServer,
  taskQueue: string,
  input: Partial<FleetUpgradeInput>,
  identity?: string,
): Promise<FleetHandle> {
  const { connection } = own;
  const { namespace } = own.options;
  const client =
    identity === undefined
      ? own
      : new Client({ connection, namespace, identity });
  const full: FleetUpgradeInput = {
    target: "lab",
    change: uniqueId("chg"),
    component: "app",
    ...(input.action === "restart" ? {} : { version: "2.0.0" }),
    mode: "execute",
    ...input,
  };
  await releaseKept(client, full.target);
  return client.workflow.start<typeof fleetUpgrade>("fleetUpgrade", {
    taskQueue,
    workflowId: workflowId(full),
    args: [full],
  });
}

/** A run that left hosts in doubt keeps them locked; the next test has its own doubts. */
async function releaseKept(
  { workflow }: TestServer["client"],
  target: string,
): Promise<void> {
  const handle = workflow.getHandle(`lock:${target}`);
  const release = { resource: target, by: "test", reason: "another test" };
  // Nobody has locked anything yet.
  await handle.signal(releaseSignal, release).catch(() => undefined);
}

function openGate(handle: Gated, id: string): Promise<OpenGate> {
  return eventually(async () => {
    const gates = await handle.query(gatesQuery);
    return gates.find((gate) => gate.id === id);
  });
}
