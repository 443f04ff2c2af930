import { ownedFolder } from "../owned-folder";
import type { PostgresServer } from "../port";
import { nameOf } from "../run-mark";
import { can } from "../versions";
import type {
  BackupMethod,
  BackupOrder,
  Compression,
  Tablespace,
} from "./port";

type Basebackup = Extract<BackupMethod, { kind: "basebackup" }>;

/** A network that loses everything ends a copy after five minutes: a switch that boots anew must not cost hours of copying. */
const keepalives = { idle: "60", interval: "10", count: "24" };

/**
 * Settings of the copy's connections on the primary. A synchronous standby that is away would hold the copy for ever; a slow
 * disk at our end is no reason to break it off, as tcp_user_timeout would; and a host that is gone is noticed within minutes
 * instead of two hours.
 */
const sessionSettings = {
  wal_sender_timeout: "0",
  synchronous_commit: "off",
  tcp_keepalives_idle: keepalives.idle,
  tcp_keepalives_interval: keepalives.interval,
  tcp_keepalives_count: keepalives.count,
};

/** Where a replica logs in for replication. The password stays in its passfile. */
export function replicationConninfo(
  { sql: { address, port } }: Pick<PostgresServer, "sql">,
  { replication }: Pick<PostgresServer, "replication">,
  applicationName: string,
): string {
  const { user, sslmode, passfile } = replication;
  const options = Object.entries(sessionSettings)
    .map(([name, value]) => `-c ${name}=${value}`)
    .join(" ");
  const words = {
    ...{ host: address, port: String(port), user, sslmode },
    ...(passfile === undefined ? {} : { passfile }),
    ...{ application_name: applicationName, connect_timeout: "20" },
    keepalives_idle: keepalives.idle,
    keepalives_interval: keepalives.interval,
    keepalives_count: keepalives.count,
    options,
  };
  return Object.entries(words)
    .map(([name, value]) => `${name}=${quoted(value)}`)
    .join(" ");
}

const quoted = (value: string): string =>
  /^[A-Za-z0-9_.:/-]+$/.test(value)
    ? value
    : `'${value.replace(/[\\']/g, "\\$&")}'`;

/** Without `-R`: a copy that is to be verified knows neither slot nor primary. */
export function basebackupArgv(
  order: BackupOrder,
  { maxRateBytes, compress }: Basebackup,
): string[] {
  const { run, primary, replica, attempt, slot, facts } = order;
  const { path, tablespaces } = ownedFolder(replica, run, "attempts", attempt);
  return [
    ...["pg_basebackup", "-d"],
    replicationConninfo(primary, replica, nameOf(run)),
    ...["-D", path, "-Fp", "-X", "stream", "-c", "fast", "-v"],
    ...["--no-password", "--manifest-checksums=SHA256"],
    ...(slot === undefined ? [] : ["-S", slot]),
    ...(maxRateBytes === undefined
      ? []
      : [`--max-rate=${Math.floor(maxRateBytes / 1024)}k`]),
    ...(compress === undefined ? [] : [`--compress=${wordOf(compress)}`]),
    ...outside(facts.tablespaces).flatMap(({ oid, location }) => [
      "-T",
      `${escaped(location)}=${escaped(`${tablespaces}/${oid}`)}`,
    ]),
  ];
}

/** Those that a plain copy would write to the primary's own paths. */
export const outside = (tablespaces: readonly Tablespace[]) =>
  tablespaces.filter(({ location }) => location.startsWith("/"));

const escaped = (path: string): string => path.replaceAll("=", "\\=");

/** `server-zstd:3,workers=2` is refused: a level beside other words needs its name. */
const wordOf = ({ algorithm, level }: Compression): string =>
  `server-${algorithm}${level === undefined ? "" : `:level=${level}`}`;

const leastRate = 32 * 1024;
const mostRate = 1024 * 1024 * 1024;

/** What a server of this major, or pg_basebackup, would refuse; each with what was expected. */
export function faultsOfMethod(method: BackupMethod, major: number): string[] {
  if (method.kind === "pgbackrest") return [];
  const { maxRateBytes: rate, compress } = method;
  return [
    ...(rate !== undefined && !(rate >= leastRate && rate <= mostRate)
      ? [
          `a rate of ${rate} bytes a second, expected ${leastRate} to ${mostRate}`,
        ]
      : []),
    ...(compress !== undefined && !can(major, "serverCompression")
      ? [`compression by a server of PostgreSQL ${major}, expected 15 or newer`]
      : []),
  ];
}
