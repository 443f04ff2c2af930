import type { Configuration } from "../configuration/port";
import { oneOf } from "../fault-words";
import { isRunbookError } from "../errors";
import { describeFaults, type Fault } from "../faults";
import type { Host } from "../inventory/port";
import type { PostgresServer } from "./port";
import { resolveReference } from "../references";
import type { PostgresSettings } from "./schema";
import { bouncerOn } from "./switchover/bouncer-on";
import type { Bouncer } from "./switchover/port";

export interface TargetServers {
  readonly settings: PostgresSettings;
  readonly access: Configuration["targets"][string]["ssh"];
  /** All hosts of the target. */
  readonly hosts: readonly Host[];
}

/** The PostgreSQL server on a host of the target, as the configuration has it now. */
export function serverOn(
  { settings, access }: Pick<TargetServers, "settings" | "access">,
  host: Host,
): PostgresServer {
  const own = Object.hasOwn(settings.servers, host.id)
    ? settings.servers[host.id]
    : undefined;
  const { user, password, database, tls, replication } = settings;
  return {
    id: host.id,
    ssh: { host, access },
    sql: {
      address: own?.address ?? host.address,
      port: own?.port ?? settings.port,
      ...{ user, database, password, tls },
    },
    osUser: own?.osUser ?? settings.osUser,
    dataDirectory: own?.dataDirectory ?? settings.dataDirectory,
    workFolder: own?.workFolder ?? settings.workFolder,
    binDirectory: own?.binDirectory ?? settings.binDirectory,
    replication,
  };
}

/** What is wrong with the hosts that an input names. */
export function namedFaults(
  named: Readonly<Record<string, string>>,
  hosts: readonly Host[],
): Fault[] {
  const ids = hosts.map(({ id }) => id);
  const entries = Object.entries(named);
  const unknown = entries
    .filter(([, id]) => !ids.includes(id))
    .map(([path, id]) => ({
      path,
      found: JSON.stringify(id),
      expected:
        ids.length === 0
          ? "a host of the target, but it has none"
          : oneOf(ids.slice(0, 12)),
    }));
  const twice = entries.flatMap(([path, id], at) => {
    const first = entries.findIndex(([, other]) => other === id);
    return first === at
      ? []
      : [
          {
            path,
            found: `${JSON.stringify(id)}, which is ${entries[first]?.[0]} already`,
            expected: "another host",
            hint: "a server is no replica of itself",
          },
        ];
  });
  return [...unknown, ...twice];
}

/** Servers whose folders overlap, or that would listen at one place. */
export function serverFaults(
  servers: readonly PostgresServer[],
  path: string,
): Fault[] {
  const [first, second] = servers;
  const isSamePlace =
    first !== undefined &&
    second !== undefined &&
    first.id !== second.id &&
    first.sql.address === second.sql.address &&
    first.sql.port === second.sql.port;
  const overlapping = servers.filter(
    ({ dataDirectory, workFolder }) =>
      `${workFolder}/`.startsWith(`${dataDirectory}/`) ||
      `${dataDirectory}/`.startsWith(`${workFolder}/`),
  );
  return [
    ...overlapping.map(({ id, dataDirectory, workFolder }) => ({
      path: `postgres.servers.${id}.workFolder`,
      found: `${workFolder}, beside dataDirectory ${dataDirectory}`,
      expected: "two folders of which neither is in the other",
      hint: "attempts and scratch copies must not lie where a server's data is",
    })),
    ...(isSamePlace
      ? [
          {
            path,
            found: `${second.id} at ${second.sql.address}:${second.sql.port}, where ${first.id} is`,
            expected: "an address or a port of its own",
            hint: "say it under postgres.servers of the target",
          },
        ]
      : []),
  ];
}

/** Secrets that this worker cannot read; their values are told nobody. */
export async function secretFaults({
  password,
  pgbouncer,
}: PostgresSettings): Promise<Fault[]> {
  const references = [
    { path: "postgres.password of the target", reference: password },
    {
      path: "postgres.pgbouncer.password of the target",
      reference: pgbouncer?.password,
    },
  ];
  const faults = await Promise.all(
    references.map(async ({ path, reference }): Promise<Fault[]> => {
      if (reference === undefined) return [];
      try {
        await resolveReference(reference);
        return [];
      } catch (error) {
        if (!isRunbookError(error)) throw error;
        const { seen, hint } = error;
        return [
          {
            path,
            found: `${reference}: ${seen}`,
            expected: "a secret that this worker can read",
            hint,
          },
        ];
      }
    }),
  );
  return faults.flat();
}

/** PgBouncer of the target, where it has one. @throws input.invalid when its host is not in the inventory */
export function bouncerOf(
  {
    settings: { pgbouncer },
    access,
  }: Pick<TargetServers, "settings" | "access">,
  hosts: readonly Host[],
): Bouncer | undefined {
  if (pgbouncer === undefined) return undefined;
  const host = hosts.find(({ id }) => id === pgbouncer.host);
  if (host === undefined)
    throw describeFaults(
      namedFaults(
        { "postgres.pgbouncer.host of the target": pgbouncer.host },
        hosts,
      ),
      { system: "config", what: "configuration" },
    );
  return bouncerOn(pgbouncer, access, host);
}
