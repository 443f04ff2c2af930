import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openArtifacts } from "../../../activities/artifacts/client";
import { configurationFile } from "../../../activities/configuration/client";
import {
  serverAttest,
  serverStarts,
} from "../../../activities/evidence/client";
import { createInventory } from "../../../activities/inventory/client";
import { createLoadBalancer } from "../../../activities/loadbalancer/client";
import { createPostgresPorts } from "../../../activities/postgres/ports";
import { resolveReference } from "../../../activities/references";
import { createRoster } from "../../../activities/roster/client";
import { createSsh } from "../../../activities/ssh/ssh";
import type { EgressMigrationInput } from "../../../runbooks/egress-migration/contract";
import { composeActivities } from "../../../workers/compose";
import { eventually } from "../../harness/eventually";
import {
  startTestServer,
  type TestServer,
  uniqueId,
} from "../../harness/temporal";
import { FakeNetwork } from "./fake-network";
import { type People, people } from "./people";
import { type EgressHandle, startMigration } from "./start-migration";

/** A network in memory, a real Temporal server and a worker in this process. */
export interface EgressRig extends People {
  readonly server: TestServer;
  readonly folder: string;
  /** Leads a command line here. */
  readonly env: Readonly<Record<string, string>>;
  /** A network of its own for each run. */
  network: FakeNetwork;
  /** Starts a run in mode execute on target `lab`. */
  start(input?: Partial<EgressMigrationInput>): Promise<EgressHandle>;
  /** Waits until new connections through the gateway go by `moved/share`. */
  untilStanding(gateway: string, standing: string): Promise<void>;
  untilCalled(call: string): Promise<void>;
  reportOf(result: { readonly text: string }): Promise<string>;
  /** Changes the section `egress` of the target from now on. */
  configure(egress: object): Promise<void>;
  stop(): Promise<void>;
}

export const egressSection = {
  ...{ allowsPrivate: true, interface: "out", workFolder: "/srv/egress" },
  ports: { from: 20_000, to: 20_127 },
  gateways: {
    "gw-1": { old: ["203.0.113.1"], new: ["203.0.113.101", "203.0.113.102"] },
    "gw-2": { old: ["203.0.113.2"], new: ["203.0.113.103", "203.0.113.104"] },
  },
  staging: {
    gateways: {
      "gw-s": {
        old: ["203.0.113.51"],
        new: ["203.0.113.151", "203.0.113.152"],
      },
    },
    hosts: ["st-1"],
    sink: ["198.18.0.1:80"],
    application: { host: "st-1", command: ["client"] },
  },
};

const customers = Array.from({ length: 20 }, (_, at) => ({
  ...{ id: `c-${at + 1}`, url: `http://c-${at + 1}.example/` },
  addresses: [`198.51.100.${at + 1}`],
  ...(at === 0 && { canary: true }),
}));

export async function startEgressRig({
  suggestedEvents,
  ui = false,
}: {
  readonly suggestedEvents?: number;
  readonly ui?: boolean;
} = {}): Promise<EgressRig> {
  const folder = await mkdtemp(join(tmpdir(), "runbooks-egress-"));
  const server = await startTestServer({ suggestedEvents, ui });
  const taskQueue = uniqueId("runbooks");
  const configFile = join(folder, "runbooks.json");
  const customersFile = join(folder, "customers.jsonl");
  const inventoryFile = join(folder, "hosts.json");
  const hosts = ["gw-1", "gw-2", "gw-s", "st-1"];
  const configure = (egress: object): Promise<void> =>
    writeFile(
      configFile,
      JSON.stringify({
        targets: { lab: { inventory: { file: inventoryFile }, egress } },
        components: {},
      }),
    );
  await Promise.all([
    configure(egressSection),
    writeFile(
      inventoryFile,
      JSON.stringify(
        hosts.map((id) => ({ id, address: "127.0.0.1", pool: "gateways" })),
      ),
    ),
    writeFile(
      customersFile,
      customers.map((one) => `${JSON.stringify(one)}\n`).join(""),
    ),
  ]);
  const rig = { network: new FakeNetwork() };
  const stopWorker = await startWorker(server, {
    ...{ taskQueue, configFile, folder },
    network: () => rig.network,
  });
  const { client } = server;
  return Object.assign(rig, {
    ...{ server, folder, configure },
    env: {
      ...server.env,
      RUNBOOK_TASK_QUEUE: taskQueue,
      RUNBOOK_CONFIG: configFile,
      RUNBOOK_ARTIFACTS: join(folder, "artifacts"),
    },
    start: (input?: Partial<EgressMigrationInput>) =>
      startMigration({ client, taskQueue, customers: customersFile }, input),
    ...people(60_000),
    untilStanding: async (gateway: string, standing: string) => {
      await eventually(
        async () => rig.network.standingOf(gateway) === standing || undefined,
        60_000,
      );
    },
    untilCalled: async (call: string) => {
      await eventually(
        async () => rig.network.calls.includes(call) || undefined,
        60_000,
      );
    },
    reportOf: ({ text }: { readonly text: string }) =>
      readFile(
        join(folder, "artifacts", /report: (\S+)/.exec(text)?.[1] ?? ""),
        "utf8",
      ),
    async stop() {
      await stopWorker();
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  });
}

async function startWorker(
  server: TestServer,
  {
    taskQueue,
    configFile,
    folder,
    network,
  }: {
    readonly taskQueue: string;
    readonly configFile: string;
    readonly folder: string;
    network(): FakeNetwork;
  },
): Promise<() => Promise<void>> {
  const ssh = createSsh();
  const artifacts = openArtifacts({ location: join(folder, "artifacts") });
  // Whichever network is the test's own at the moment of the call.
  const fake = new Proxy({} as FakeNetwork, {
    get: (_, name) => {
      const one = network();
      const value: unknown = Reflect.get(one, name);
      return typeof value === "function"
        ? (value as (...args: unknown[]) => unknown).bind(one)
        : value;
    },
  });
  const worker = await server.worker({
    taskQueue,
    activities: composeActivities({
      ...{ ssh, resolveReference, artifacts },
      ...{ egress: fake, load: fake, probe: fake },
      postgres: createPostgresPorts(ssh),
      balancer: createLoadBalancer({ resolveReference }),
      configuration: configurationFile(configFile),
      roster: createRoster(),
      ...{ starts: serverStarts(), attest: serverAttest() },
      inventory: createInventory({ baseDir: "/" }),
    }),
  });
  const running = worker.run();
  return async () => {
    worker.shutdown();
    await running;
    await Promise.all([ssh.close(), artifacts.close()]);
  };
}
