import { existsSync } from "node:fs";
import { stringify } from "yaml";
import type { LabGuest } from "../hosts/guest";
import type { Lab } from "../hosts/lab";
import { addressesFor } from "./addresses";
import { Bouncer, bouncerUser } from "./bouncer";
import type { Cluster } from "./cluster";
import {
  applicationUser,
  Ground,
  replicationUser,
  superuser,
  type HostFolders,
} from "./ground";
import { ownerName } from "./programs";
import { databases, fill } from "./schema";
import { startCluster } from "./start-cluster";
import { Writers } from "./writers";

export interface GuestOptions {
  /** Of the servers, by host; `pgbouncer` among them where it shall run. */
  readonly ports: Readonly<Record<string, number>>;
  readonly sizeMb: number;
  readonly writesLog: string;
}

const servers = ["primary", "replica"] as const;
type Server = (typeof servers)[number];

interface Seat {
  readonly folders: HostFolders;
  readonly cluster: Cluster;
}

/** PostgreSQL on the hosts of a lab: a primary with writers at work, and the place of its replica. */
export class PostgresGuest implements LabGuest {
  private made: Ground | undefined;
  private seats: Readonly<Record<Server, Seat>> | undefined;
  private bouncer: Bouncer | undefined;
  private writers: Writers | undefined;

  constructor(private readonly options: GuestOptions) {}

  private get ground(): Ground {
    this.made ??= new Ground();
    return this.made;
  }

  get primary(): Cluster {
    return this.seat("primary").cluster;
  }

  /** Its data directory is there once a run has published it. */
  get replica(): Cluster {
    return this.seat("replica").cluster;
  }

  get writesLog(): string {
    return this.options.writesLog;
  }

  /** Of the clients. */
  get clientPassword(): string {
    return this.ground.password;
  }

  /** What commands of one's own beside it need. */
  get place() {
    const { primary, replica, ground } = this;
    const { passfile, password, bin } = ground;
    const { work } = this.seat("replica").folders;
    return { primary, replica, work, passfile, password, bin };
  }

  async start(lab: Lab): Promise<void> {
    const { ground, options } = this;
    this.seats = {
      primary: this.newSeat(lab, "primary"),
      replica: this.newSeat(lab, "replica"),
    };
    await startCluster(ground, this.primary, {
      // Fast; and still nothing is lost when a process dies: only when the machine does.
      settings: { fsync: "off" },
    });
    await fill(this.primary, { sizeMb: options.sizeMb });
    await this.startBouncer(lab);
    const { address, port } = this.bouncer ?? this.primary;
    this.writers = new Writers({
      ...{ address, port, user: applicationUser, password: ground.password },
      log: options.writesLog,
    });
    this.writers.start();
  }

  configuration(): readonly string[] {
    const { ground, bouncer } = this;
    const password = `file:${ground.passwordFile}`;
    const osUser = ownerName(ground.owner);
    const own = Object.fromEntries(
      servers.map((name) => {
        const { cluster, folders } = this.seat(name);
        const { port, dataDirectory } = cluster;
        return [name, { port, dataDirectory, workFolder: folders.work }];
      }),
    );
    const postgres = {
      ...{ user: superuser, password, tls: { mode: "disable" }, osUser },
      ...own["replica"],
      replication: {
        user: replicationUser,
        passfile: ground.passfile,
        sslmode: "disable",
      },
      servers: own,
      ...(bouncer !== undefined && {
        pgbouncer: {
          host: "pgbouncer",
          ...{ address: bouncer.address, port: bouncer.port },
          ...{ user: bouncerUser, password, osUser },
          databases: [...databases],
          databasesFile: bouncer.databasesFile,
        },
      }),
    };
    return stringify({ postgres }).trimEnd().split("\n");
  }

  record(): Readonly<Record<string, unknown>> {
    const { writesLog } = this.options;
    return { postgres: { folder: this.ground.folder, writesLog } };
  }

  async status() {
    const [primary, replica] = await Promise.all(
      servers.map((name) => this.stateOf(name)),
    );
    const pgbouncer = await this.bouncer?.pid();
    return {
      postgres: {
        ...{ primary, replica },
        pgbouncer: pgbouncer === undefined ? "absent" : "up",
        folder: this.ground.folder,
        writes: this.writers?.counts ?? { acknowledged: 0, unanswered: 0 },
        writesLog: this.options.writesLog,
      },
    };
  }

  async stop(): Promise<void> {
    await this.writers?.stop();
    await this.made?.end();
  }

  /** Lets the last writes be answered, and starts no more. */
  async stopWriters(): Promise<void> {
    await this.writers?.stop();
  }

  private async stateOf(name: Server): Promise<string> {
    const cluster = this.seats?.[name].cluster;
    if (cluster === undefined) return "starting";
    if (!existsSync(cluster.dataDirectory)) return "empty";
    const facts = `SELECT CASE WHEN pg_is_in_recovery() THEN 'standby' ELSE 'primary' END || ', ' ||
      pg_size_pretty(sum(pg_database_size(oid))) FROM pg_database`;
    return cluster.sql(facts).catch(() => "down");
  }

  private async startBouncer(lab: Lab): Promise<void> {
    const port = this.options.ports["pgbouncer"];
    if (port === undefined) return;
    const { address } = this.primary;
    this.bouncer = new Bouncer(this.ground, {
      address: addressesFor(lab, "pgbouncer")[0] ?? address,
      port,
      server: { address, port: this.primary.port },
      databases,
    });
    await this.bouncer.start();
  }

  private newSeat(lab: Lab, name: Server): Seat {
    const folders = this.ground.hostFolders(name);
    const cluster = this.ground.cluster(name, {
      data: folders.data,
      port: this.options.ports[name] ?? 0,
      addresses: addressesFor(lab, name),
      // The host's own mark: when it boots anew, its server dies with all else.
      env: { HOST_ROOT: lab.hostRoot(name) },
    });
    return { folders, cluster };
  }

  private seat(name: Server): Seat {
    if (this.seats === undefined) throw new Error("the lab has not started");
    return this.seats[name];
  }
}
