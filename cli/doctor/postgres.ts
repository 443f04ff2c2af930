import type { Configuration } from "../../activities/configuration/port";
import { createInventory } from "../../activities/inventory/client";
import type { Host } from "../../activities/inventory/port";
import type {
  PostgresPorts,
  PostgresServer,
} from "../../activities/postgres/port";
import { createPostgresPorts } from "../../activities/postgres/ports";
import type { PostgresSettings } from "../../activities/postgres/schema";
import { serverOn } from "../../activities/postgres/servers";
import type { SshAccess } from "../../activities/ssh/port";
import { createSsh } from "../../activities/ssh/ssh";
import { type Check, fail, pass, unsure } from "./check";
import { bouncerChecks } from "./pgbouncer";
import { lookAtHost } from "./postgres-host";
import { lookAtSql, replicationCheck, type SqlLook, sqlCheck } from "./sql";

/** For each target with PostgreSQL servers. An inventory that cannot be read is told by its own check. */
export async function databaseChecks({
  targets,
}: Configuration): Promise<readonly Check[]> {
  const inventories = createInventory({ baseDir: "." });
  const each = await Promise.all(
    Object.entries(targets).map(
      async ([name, { inventory, ssh, postgres }]) => {
        if (postgres === undefined) return [];
        const hosts = await inventories
          .resolve(inventory)
          .catch(() => undefined);
        if (hosts === undefined) return [];
        return postgresChecks({ name, settings: postgres, access: ssh, hosts });
      },
    ),
  );
  return each.flat();
}

/** A target with PostgreSQL servers. */
export interface PostgresTarget {
  readonly name: string;
  readonly settings: PostgresSettings;
  readonly access: SshAccess;
  readonly hosts: readonly Host[];
}

/** Each server of the target is looked at by itself, so that the fault of one hides nothing of another. Reads only. */
async function postgresChecks(
  target: PostgresTarget,
): Promise<readonly Check[]> {
  const ssh = createSsh();
  try {
    return await checksWith(createPostgresPorts(ssh), target);
  } finally {
    await ssh.close();
  }
}

interface Looked {
  readonly server: PostgresServer;
  readonly sql: SqlLook;
}

async function checksWith(
  ports: PostgresPorts,
  target: PostgresTarget,
): Promise<readonly Check[]> {
  const { found, missing } = serversOf(target);
  const looked = await Promise.all(
    found.map(async (server): Promise<Looked> => {
      const sql = await lookAtSql(ports.sql, server);
      return { server, sql };
    }),
  );
  const primary = looked.find(({ sql }) => sql.standing === "primary");
  const ofServers = await Promise.all(
    looked.map((one) => checksOfServer(ports, one, primary)),
  );
  return [
    ...missing,
    primaryCheck(target, looked),
    ...ofServers.flat(),
    ...(await bouncerChecks(ports, target)),
  ];
}

async function checksOfServer(
  { programs }: PostgresPorts,
  { server, sql }: Looked,
  primary: Looked | undefined,
): Promise<readonly Check[]> {
  const isPrimary = sql.standing === "primary";
  const major = primary?.sql.major;
  const host = await lookAtHost(programs, { ...server, major }, isPrimary);
  const login =
    primary === undefined || isPrimary || !host.isReached
      ? []
      : [await replicationCheck(programs, primary.server, server)];
  return [...host.checks, sqlCheck(server, sql, host.facts?.target), ...login];
}

/** Those that `servers` names; else all hosts but PgBouncer's. */
function serversOf({ name, settings, access, hosts }: PostgresTarget): {
  readonly found: readonly PostgresServer[];
  readonly missing: readonly Check[];
} {
  const named = Object.keys(settings.servers);
  const isServer = ({ id }: Host): boolean =>
    named.length === 0 ? id !== settings.pgbouncer?.host : named.includes(id);
  const missing = named.filter((id) => !hosts.some((host) => host.id === id));
  return {
    found: hosts
      .filter(isServer)
      .map((host) => serverOn({ settings, access }, host)),
    missing: missing.map((id) => ({
      name: `PostgreSQL server ${id}`,
      ...fail(
        `not in the inventory of ${name}`,
        `Add the host there, or correct postgres.servers of ${name}.`,
      ),
    })),
  };
}

function primaryCheck(
  { name }: PostgresTarget,
  looked: readonly Looked[],
): Check {
  const primaries = looked.filter(({ sql }) => sql.standing === "primary");
  const idsOf = (of: readonly Looked[]): string =>
    of.map(({ server }) => server.id).join(", ");
  const isUnasked = looked.some(({ sql }) => sql.standing === "unasked");
  const seen =
    primaries.length > 0
      ? pass(`${idsOf(primaries)} accepts writes`)
      : (isUnasked ? unsure : fail)(
          `of ${idsOf(looked) || "no server"} none was seen to accept writes`,
          "See SQL on each server; correct its address and port under postgres.servers.",
        );
  return { name: `PostgreSQL primary of ${name}`, ...seen };
}
