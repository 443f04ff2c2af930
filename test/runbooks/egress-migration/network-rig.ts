import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { type NetworkLab, startNetworkLab } from "../../../lab/network/lab";
import { networkLabMissing } from "../../../lab/network/missing";
import type { NetworkLabOptions } from "../../../lab/network/options";
import type { EgressMigrationInput } from "../../../runbooks/egress-migration/contract";
import { startPostgresWorker } from "../../harness/postgres-worker";
import { talkTo } from "../../harness/talk";
import {
  startTestServer,
  type TestServer,
  uniqueId,
} from "../../harness/temporal";
import { type People, people } from "./people";
import { type EgressHandle, quickly, startMigration } from "./start-migration";

export { networkLabMissing };

/** A fleet in namespaces, a real Temporal server, and a worker in this process that is wired as an operator's. */
export interface NetworkRig extends People {
  readonly lab: NetworkLab;
  readonly server: TestServer;
  readonly folder: string;
  /** Leads a worker of another process here. */
  readonly env: Readonly<Record<string, string>>;
  start(input?: Partial<EgressMigrationInput>): Promise<EgressHandle>;
  /** Opens so many connections from the first host, which stay. Resolves, once they are open, with what closes them. */
  hold(site: string, count: number): Promise<() => Promise<void>>;
  reportOf(result: { readonly text: string }): Promise<string>;
  /** Changes the section `egress` of the configuration from now on. */
  configure(change: (egress: EgressSection) => void): Promise<void>;
  stop(): Promise<void>;
}

interface EgressSection {
  spread?: string;
  staging: { application?: object };
  publishedList?: object;
}

/** @throws Error where something is missing: see `networkLabMissing` */
export async function startNetworkRig({
  lab: options = {},
  worker = true,
}: {
  readonly lab?: Partial<NetworkLabOptions>;
  readonly worker?: boolean;
} = {}): Promise<NetworkRig> {
  const folder = await mkdtemp(join(tmpdir(), "runbooks-network-"));
  const small = { appHosts: 4, sites: 12, oldAddresses: 8 };
  const [lab, server] = await Promise.all([
    startNetworkLab({ dir: join(folder, "lab"), ...small, ...options }),
    startTestServer(),
  ]);
  const taskQueue = uniqueId("runbooks");
  const location = join(folder, "artifacts");
  const { configFile } = lab;
  const stopWorker = worker
    ? await startPostgresWorker({ server, taskQueue, configFile, location })
    : () => Promise.resolve();
  const { client } = server;
  return {
    // Whoever kills workers waits for new ones, too.
    ...{ lab, server, folder, ...people(worker ? 60_000 : 180_000) },
    env: {
      ...server.env,
      RUNBOOK_TASK_QUEUE: taskQueue,
      RUNBOOK_CONFIG: configFile,
      RUNBOOK_ARTIFACTS: location,
    },
    start: (input = {}) =>
      startMigration(
        { client, taskQueue, customers: lab.customersFile },
        // A busy machine must not pass for a gateway that loses packets; what waits for a repeated SYN still takes a second.
        {
          ...input,
          stress: { ...quickly.stress, slowestMs: 900, ...input.stress },
        },
      ),
    hold: (site, count) => hold(lab, site, count),
    reportOf: ({ text }) =>
      readFile(join(location, /report: (\S+)/.exec(text)?.[1] ?? ""), "utf8"),
    configure: async (change) => {
      const written = parse(await readFile(configFile, "utf8")) as {
        readonly targets: { readonly lab: { readonly egress: EgressSection } };
      };
      change(written.targets.lab.egress);
      await writeFile(configFile, stringify(written));
    },
    stop: async () => {
      await stopWorker();
      await Promise.all([server.stop(), lab.stop()]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const holdProgram = `
import socket, sys
held = [socket.create_connection((sys.argv[1], 80), 5) for _ in range(int(sys.argv[2]))]
print("open", flush=True)
sys.stdin.read()
`;

async function hold(
  { appHosts, sites }: NetworkLab,
  id: string,
  count: number,
): Promise<() => Promise<void>> {
  const namespace = appHosts[0]?.namespace ?? "";
  const address = sites.find((site) => site.id === id)?.address ?? "";
  const words = ["python3", "-c", holdProgram, address, String(count)];
  const held = talkTo("ip", ["netns", "exec", namespace, ...words]);
  await held.line();
  return () => held.end();
}
