import { openArtifacts } from "../../activities/artifacts/client";
import { configurationFile } from "../../activities/configuration/client";
import { serverAttest, serverStarts } from "../../activities/evidence/client";
import { createInventory } from "../../activities/inventory/client";
import { createLoadBalancer } from "../../activities/loadbalancer/client";
import type {
  PostgresPorts,
  PostgresServer,
} from "../../activities/postgres/port";
import { createPostgresPorts } from "../../activities/postgres/ports";
import { resolveReference } from "../../activities/references";
import { createRoster } from "../../activities/roster/client";
import { createSsh } from "../../activities/ssh/ssh";
import { composeActivities } from "../../workers/compose";
import { createNetworkPorts } from "../../workers/network-ports";
import type { PgLab } from "./postgres-cluster";
import type { TestServer } from "./temporal";

type Activities = ReturnType<typeof composeActivities>;

export interface PostgresWorkerOptions {
  readonly server: Pick<TestServer, "worker">;
  readonly taskQueue: string;
  readonly configFile: string;
  /** Of the artifacts. */
  readonly location: string;
  /** Stands between the worker and its activities. */
  readonly around?: (activities: Activities) => Activities;
  /** Stands between its activities and the servers. */
  readonly ports?: (ports: PostgresPorts) => PostgresPorts;
}

/** A worker in this process, wired as an operator's. Resolves with what stops it. */
export async function startPostgresWorker({
  server,
  taskQueue,
  configFile,
  location,
  around = (activities) => activities,
  ports = (real) => real,
}: PostgresWorkerOptions): Promise<() => Promise<void>> {
  const ssh = createSsh();
  const artifacts = openArtifacts({ location });
  const activities = composeActivities({
    ...{ ssh, resolveReference, artifacts },
    postgres: ports(createPostgresPorts(ssh)),
    ...createNetworkPorts(ssh),
    balancer: createLoadBalancer({ resolveReference }),
    configuration: configurationFile(configFile),
    roster: createRoster(),
    ...{ starts: serverStarts(), attest: serverAttest() },
    inventory: createInventory({ baseDir: "/" }),
  });
  const inWork = new Map<symbol, string>();
  const worker = await server.worker({
    taskQueue,
    activities: noting(around(activities), inWork),
  });
  const running = worker.run();
  return async () => {
    worker.shutdown();
    await within(
      running,
      () =>
        `the worker waits for ${[...inWork.values()].join(", ") || "no activity"}`,
    );
    await Promise.all([ssh.close(), artifacts.close()]);
  };
}

/** Keeps the names of what is in work, for a worker that does not stop. */
const noting = (activities: Activities, inWork: Map<symbol, string>) =>
  Object.fromEntries(
    Object.entries(activities).map(([name, activity]) => [
      name,
      async (...args: unknown[]): Promise<unknown> => {
        const call = Symbol(name);
        inWork.set(call, name);
        try {
          return await (activity as (...all: unknown[]) => Promise<unknown>)(
            ...args,
          );
        } finally {
          inWork.delete(call);
        }
      },
    ]),
  );

const stopLimitMs = 60_000;

/** @throws Error with the words when it has not ended in a minute */
async function within(work: Promise<void>, words: () => string): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(words())), stopLimitMs);
  });
  await Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/** A configuration whose one target has the servers of the lab, in front of them its PgBouncer where there is one. */
export function configurationOf(
  {
    hosts,
    servers,
    pgbouncer,
  }: {
    readonly hosts: Pick<PgLab["hosts"], "inventoryFile">;
    readonly servers: PgLab["servers"];
    readonly pgbouncer?: PgLab["pgbouncer"] | undefined;
  },
  target: string,
): object {
  const { primary, replica } = servers;
  const { user, password, database, tls } = primary.sql;
  const { osUser, dataDirectory, workFolder, replication } = primary;
  const own = (server: PostgresServer) => ({
    ...{ address: server.sql.address, port: server.sql.port },
    ...{ dataDirectory: server.dataDirectory, workFolder: server.workFolder },
  });
  const postgres = {
    ...{ user, password, database, tls, osUser, dataDirectory, workFolder },
    ...{ replication, binDirectory: primary.binDirectory },
    ...(pgbouncer && { pgbouncer: pgbouncer.settings }),
    servers: { [primary.id]: own(primary), [replica.id]: own(replica) },
  };
  const inventory = { file: hosts.inventoryFile };
  const ssh = primary.ssh.access;
  return {
    targets: { [target]: { inventory, ssh, postgres } },
    components: {},
  };
}
