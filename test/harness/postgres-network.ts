import { appendFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Ground } from "../../lab/postgres/ground";
import { freePorts } from "./free-ports";
import { type Network, startNetwork } from "./network";
import {
  type PgHosts,
  type PgLab,
  type PgLabOptions,
  RunningPgLab,
} from "./postgres-cluster";
import { type Sshd, startSshd } from "./sshd";

/** As `PgLab`, but each host has a network and an sshd of its own: what lies between the servers can be cut. */
export interface PgNetworkLab extends PgLab<PgHosts> {
  readonly network: Network;
}

const ids = ["primary", "replica"] as const;
type Id = (typeof ids)[number];

/** @throws Error where something is missing: see `postgresMissing` and `networkMissing` */
export async function startPgNetworkLab(
  options: Omit<PgLabOptions, "hosts" | "pgbouncer"> = {},
): Promise<PgNetworkLab> {
  const network = await startNetwork(...ids);
  const ground = new Ground();
  const lab = await open(network, ground).catch(async (error: unknown) => {
    await Promise.all([ground.end(), network.end()]);
    throw error;
  });
  try {
    // An sshd hands on no PGPORT.
    const port = String(lab.servers.primary.sql.port);
    const settings = { port, ...options.settings };
    await lab.fillPrimary({ ...options, settings });
  } catch (error) {
    await lab.stop();
    throw error;
  }
  return lab;
}

async function open(network: Network, ground: Ground): Promise<NetworkLab> {
  const ports = await freePorts(ids.length);
  const [primary, replica] = await Promise.all([
    sshdOn(network, ground, "primary"),
    sshdOn(network, ground, "replica"),
  ]);
  const hosts = await hostsOf({ primary, replica });
  return new NetworkLab(network, ground, hosts, ports);
}

class NetworkLab extends RunningPgLab<PgHosts> implements PgNetworkLab {
  constructor(
    readonly network: Network,
    ground: Ground,
    hosts: PgHosts,
    ports: readonly number[],
  ) {
    super(
      ground,
      hosts,
      (id) => ports[ids.findIndex((known) => known === id)] ?? 0,
      (id) => network.host(id).namespace,
    );
  }

  override async stop(): Promise<void> {
    await super.stop();
    await this.network.end();
  }
}

function sshdOn(network: Network, ground: Ground, id: Id): Promise<Sshd> {
  const { address, namespace } = network.host(id);
  return startSshd({
    ...{ address, network: namespace, under: ground.folder },
    // Whatever starts by systemd starts outside.
    env: { UPGRADE_RUNBOOKS_SYSTEMD: "/nowhere" },
  });
}

/** One key opens both. */
async function hostsOf(sshds: Readonly<Record<Id, Sshd>>): Promise<PgHosts> {
  const { primary, replica } = sshds;
  await replica.authorize(`${primary.keyFile}.pub`);
  const known = await readFile(replica.knownHostsFile, "utf8");
  await appendFile(primary.knownHostsFile, known);
  const hosts = ids.map((id) => {
    const { address, port } = sshds[id];
    return { id, address, port, pool: id, zone: "zone-a" };
  });
  const inventoryFile = join(primary.folder, "inventory.json");
  await writeFile(inventoryFile, JSON.stringify({ hosts }));
  return {
    ...{ hosts, inventoryFile, user: primary.user },
    ...{
      identityFile: primary.keyFile,
      knownHostsFile: primary.knownHostsFile,
    },
    hostRoot: (id) => (id === "primary" ? primary : replica).folder,
    stop: async () => {
      await Promise.all([primary.stop(), replica.stop()]);
    },
  };
}
