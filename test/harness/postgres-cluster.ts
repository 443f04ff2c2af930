import { join } from "node:path";
import { hostSchema } from "../../activities/inventory/port";
import type { PostgresServer, SqlPlace } from "../../activities/postgres/port";
import {
  pgbouncerSchema,
  type PgBouncerSettings,
} from "../../activities/postgres/schema";
import { sshAccessSchema, type SshTarget } from "../../activities/ssh/port";
import { startLab, type Lab } from "../../lab/hosts/lab";
import { addressesFor } from "../../lab/postgres/addresses";
import {
  Bouncer,
  bouncerMissing,
  bouncerUser,
} from "../../lab/postgres/bouncer";
import type { Cluster } from "../../lab/postgres/cluster";
import {
  Ground,
  postgresMissing,
  replicationUser,
  superuser,
  type HostFolders,
} from "../../lab/postgres/ground";
import { ownerName } from "../../lab/postgres/programs";
import { databases, fill, type FillOptions } from "../../lab/postgres/schema";
import {
  startCluster,
  type ClusterOptions,
} from "../../lab/postgres/start-cluster";
import { freePorts } from "./free-ports";

export { bouncerMissing, postgresMissing };

const bouncerHost = "pgbouncer";

/** `fsync` is off unless the settings say otherwise. */
export interface PgLabOptions extends ClusterOptions {
  /** What the primary holds; default 2 MB. `false`: an empty cluster. */
  readonly fill?:
    | (Partial<Omit<FillOptions, "tablespace">> & {
        readonly tablespace?: boolean;
      })
    | false;
  /** More hosts than `primary` and `replica`, each with folders for a server of its own. */
  readonly hosts?: readonly string[];
  /** A PgBouncer in front of both databases, on a host `pgbouncer`; see `bouncerMissing`. */
  readonly pgbouncer?: boolean;
}

export interface LabBouncer {
  readonly bouncer: Bouncer;
  /** As the configuration of a target has them. */
  readonly settings: PgBouncerSettings;
  readonly ssh: SshTarget;
}

/** Of the hosts' SSH side, what a configuration needs. */
export type PgHosts = Pick<
  Lab,
  | ("hosts" | "hostRoot" | "stop")
  | ("user" | "identityFile" | "knownHostsFile" | "inventoryFile")
>;

/** Hosts behind real SSH, and PostgreSQL on them. Everything lies below one folder and ends with the test process. */
export interface PgLab<Hosts extends PgHosts = Lab> {
  readonly folder: string;
  /** The hosts' SSH side: reset, reboot, faults, `hostRoot`. */
  readonly hosts: Hosts;
  /** Runs and is filled. */
  readonly primary: Cluster;
  /** Its data directory is not there yet. Starts and stops what is published there. */
  readonly replica: Cluster;
  /** To be passed to activities. */
  readonly servers: {
    readonly primary: PostgresServer;
    readonly replica: PostgresServer;
  };
  /** libpq's password file of the replication user. */
  readonly passfile: string;
  readonly ground: Ground;
  /** @throws Error unless it was asked for */
  readonly pgbouncer: LabBouncer;
  /** The server of another host, not initialised: for a foreign primary, say. */
  cluster(host: string): Cluster;
  server(host: string): PostgresServer;
  /** Makes and starts a cluster as the primary was made. */
  init(cluster: Cluster, options?: ClusterOptions): Promise<void>;
  stop(): Promise<void>;
}

/** @throws Error where PostgreSQL is missing: see `postgresMissing` */
export async function startPgLab(options: PgLabOptions = {}): Promise<PgLab> {
  const { hosts: others = [], pgbouncer = false } = options;
  const more = pgbouncer ? [bouncerHost] : [];
  const ids = ["primary", "replica", ...others, ...more];
  const ground = new Ground();
  const ports = await freePorts(ids.length);
  const portOf = (id: string): number => ports[ids.indexOf(id)] ?? 0;
  const hosts = await startLab({
    dir: join(ground.folder, "ssh"),
    ids,
    service: false,
    hostEnv: Object.fromEntries(
      ids.map((id) => [id, { PGPORT: String(portOf(id)) }]),
    ),
  });
  const lab = new RunningPgLab(ground, hosts, portOf);
  try {
    await lab.fillPrimary(options);
    if (pgbouncer) await lab.startBouncer();
  } catch (error) {
    await lab.stop();
    throw error;
  }
  return lab;
}

export class RunningPgLab<Hosts extends PgHosts> implements PgLab<Hosts> {
  private readonly folders = new Map<string, HostFolders>();
  private bouncer: Bouncer | undefined;
  private readonly clusters = new Map<string, Cluster>();

  constructor(
    readonly ground: Ground,
    readonly hosts: Hosts,
    private readonly portOf: (id: string) => number,
    private readonly networkOf: (id: string) => string | undefined = () =>
      undefined,
  ) {}

  get folder(): string {
    return this.ground.folder;
  }

  get passfile(): string {
    return this.ground.passfile;
  }

  get primary(): Cluster {
    return this.cluster("primary");
  }

  get replica(): Cluster {
    return this.cluster("replica");
  }

  get servers() {
    return { primary: this.server("primary"), replica: this.server("replica") };
  }

  async fillPrimary(options: PgLabOptions): Promise<void> {
    await this.init(this.primary, options);
    if (options.fill === false) return;
    const { sizeMb = 2, tablespace = false } = options.fill ?? {};
    const folder = tablespace ? this.ground.makeFolder("cold") : undefined;
    await fill(this.primary, {
      sizeMb,
      ...(folder === undefined ? {} : { tablespace: folder }),
    });
  }

  async startBouncer(): Promise<void> {
    const { address, port } = this.primary;
    this.bouncer = new Bouncer(this.ground, {
      address: this.viewOf(bouncerHost).address,
      port: this.portOf(bouncerHost),
      server: { address, port },
      databases,
    });
    await this.bouncer.start();
  }

  get pgbouncer(): LabBouncer {
    const { bouncer, ground } = this;
    if (bouncer === undefined) throw new Error("this lab has no PgBouncer");
    const { address, port, databasesFile } = bouncer;
    return {
      bouncer,
      ssh: this.sshTarget(bouncerHost),
      settings: pgbouncerSchema.parse({
        host: bouncerHost,
        address,
        port,
        user: bouncerUser,
        password: `file:${ground.passwordFile}`,
        databases: [...databases],
        databasesFile,
        osUser: ownerName(ground.owner),
      }),
    };
  }

  async init(
    cluster: Cluster,
    { checksums = true, settings = {} }: ClusterOptions = {},
  ): Promise<void> {
    await startCluster(this.ground, cluster, {
      checksums,
      settings: { fsync: "off", shared_buffers: "16MB", ...settings },
    });
  }

  cluster(host: string): Cluster {
    const known = this.clusters.get(host);
    if (known !== undefined) return known;
    const cluster = this.ground.cluster(host, {
      data: this.foldersOf(host).data,
      port: this.portOf(host),
      addresses: addressesFor(this.hosts, host),
      // The host's own mark: when it boots anew, its server dies with all else.
      env: { HOST_ROOT: this.hosts.hostRoot(host) },
      network: this.networkOf(host),
    });
    this.clusters.set(host, cluster);
    return cluster;
  }

  server(host: string): PostgresServer {
    const { data, work } = this.foldersOf(host);
    const { ground } = this;
    return {
      id: host,
      ssh: this.sshTarget(host),
      sql: this.sqlPlace(host),
      osUser: ownerName(ground.owner),
      dataDirectory: data,
      workFolder: work,
      replication: {
        user: replicationUser,
        passfile: ground.passfile,
        sslmode: "disable",
      },
    };
  }

  async stop(): Promise<void> {
    await this.hosts.stop();
    await this.ground.end();
  }

  private sqlPlace(host: string): SqlPlace {
    return {
      address: this.viewOf(host).address,
      port: this.portOf(host),
      user: superuser,
      database: "postgres",
      password: `file:${this.ground.passwordFile}`,
      tls: { mode: "disable" },
    };
  }

  private sshTarget(id: string): SshTarget {
    const { address, port, pool } = this.viewOf(id);
    const { user, identityFile, knownHostsFile } = this.hosts;
    return {
      host: hostSchema.parse({ id, address, port, pool }),
      access: sshAccessSchema.parse({
        user,
        identities: [{ key: identityFile }],
        knownHosts: [knownHostsFile],
      }),
    };
  }

  private viewOf(id: string) {
    const found = this.hosts.hosts.find((host) => host.id === id);
    if (found === undefined) throw new Error(`the lab has no host ${id}`);
    return found;
  }

  private foldersOf(host: string): HostFolders {
    const folders = this.folders.get(host) ?? this.ground.hostFolders(host);
    this.folders.set(host, folders);
    return folders;
  }
}
