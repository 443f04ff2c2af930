import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hostSchema } from "../../activities/inventory/port";
import type { PostgresServer, SqlPlace } from "../../activities/postgres/port";
import { sshAccessSchema, type SshTarget } from "../../activities/ssh/port";
import { startLab, type Lab } from "../../lab/hosts/lab";
import type { Cluster } from "../../lab/postgres/cluster";
import {
  Ground,
  postgresMissing,
  replicationUser,
  superuser,
  type HostFolders,
} from "../../lab/postgres/ground";
import { ownerName } from "../../lab/postgres/programs";
import { fill, type FillOptions } from "../../lab/postgres/schema";
import { freePorts } from "./free-ports";

export { postgresMissing };

export interface ClusterOptions {
  /** Page checksums; default on. */
  readonly checksums?: boolean;
  /** Of postgresql.conf; `fsync` is off unless it says otherwise. */
  readonly settings?: Readonly<Record<string, string>>;
}

export interface PgLabOptions extends ClusterOptions {
  /** What the primary holds; default 2 MB. `false`: an empty cluster. */
  readonly fill?:
    | (Partial<Omit<FillOptions, "tablespace">> & {
        readonly tablespace?: boolean;
      })
    | false;
  /** More hosts than `primary` and `replica`, each with folders for a server of its own. */
  readonly hosts?: readonly string[];
}

/** Hosts behind real SSH, and PostgreSQL on them. Everything lies below one folder and ends with the test process. */
export interface PgLab {
  readonly folder: string;
  /** The hosts' SSH side: reset, reboot, faults, `hostRoot`. */
  readonly hosts: Lab;
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
  /** The server of another host, not initialised: for a foreign primary, say. */
  cluster(host: string): Cluster;
  server(host: string): PostgresServer;
  /** Makes and starts a cluster as the primary was made. */
  init(cluster: Cluster, options?: ClusterOptions): Promise<void>;
  stop(): Promise<void>;
}

/** @throws Error where PostgreSQL is missing: see `postgresMissing` */
export async function startPgLab(options: PgLabOptions = {}): Promise<PgLab> {
  const ids = ["primary", "replica", ...(options.hosts ?? [])];
  const ground = new Ground();
  const dir = mkdtempSync(join(tmpdir(), "rb-pg-ssh-"));
  const ports = await freePorts(ids.length);
  const portOf = (id: string): number => ports[ids.indexOf(id)] ?? 0;
  const hosts = await startLab({
    dir,
    ids,
    service: false,
    hostEnv: Object.fromEntries(
      ids.map((id) => [id, { PGPORT: String(portOf(id)) }]),
    ),
  });
  const lab = new RunningPgLab(ground, hosts, dir, portOf);
  try {
    await lab.fillPrimary(options);
  } catch (error) {
    await lab.stop();
    throw error;
  }
  return lab;
}

class RunningPgLab implements PgLab {
  private readonly folders = new Map<string, HostFolders>();
  private readonly clusters = new Map<string, Cluster>();

  constructor(
    readonly ground: Ground,
    readonly hosts: Lab,
    private readonly dir: string,
    private readonly portOf: (id: string) => number,
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

  async init(
    cluster: Cluster,
    { checksums = true, settings = {} }: ClusterOptions = {},
  ): Promise<void> {
    const { password } = this.ground;
    await cluster.init({
      superuser,
      password,
      replicationUser,
      checksums,
      settings: { fsync: "off", shared_buffers: "16MB", ...settings },
    });
    await cluster.start();
    await cluster.sql(
      `CREATE ROLE ${replicationUser} LOGIN REPLICATION PASSWORD '${password}'`,
    );
  }

  cluster(host: string): Cluster {
    const known = this.clusters.get(host);
    if (known !== undefined) return known;
    const cluster = this.ground.cluster(host, {
      data: this.foldersOf(host).data,
      port: this.portOf(host),
      addresses: [...new Set(this.hosts.hosts.map(({ address }) => address))],
      // The host's own mark: when it boots anew, its server dies with all else.
      env: { HOST_ROOT: this.hosts.hostRoot(host) },
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
    rmSync(this.dir, { recursive: true, force: true });
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
