import type { Configuration } from "../configuration/port";
import { oneOf } from "../fault-words";
import type { Fault } from "../faults";
import type { Host } from "../inventory/port";
import type { PostgresServer } from "./port";
import type { PostgresSettings } from "./schema";

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

/** Two servers that would share a folder, an address or a port that must be their own. */
export function sharedFaults(
  primary: PostgresServer,
  replica: PostgresServer,
): Fault[] {
  const { address, port } = replica.sql;
  const isSamePlace =
    address === primary.sql.address && port === primary.sql.port;
  return isSamePlace
    ? [
        {
          path: "replica",
          found: `${replica.id} at ${address}:${port}, where the primary is`,
          expected: "an address or a port of its own",
          hint: "say it under postgres.servers of the target",
        },
      ]
    : [];
}
