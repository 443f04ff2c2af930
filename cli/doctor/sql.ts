import { isRunbookError } from "../../activities/errors";
import type {
  PostgresServer,
  Programs,
  Sql,
} from "../../activities/postgres/port";
import { askLogin } from "../../activities/postgres/preflight/ask-host";
import { failureOfProgram } from "../../activities/postgres/signatures";
import { type Check, check, fail, pass, unsure } from "./check";

/** What a server says of itself. */
export interface SqlLook {
  /** `silent`: nobody answers there, as on the host of a replica to be; `unasked`: the password is not here. */
  readonly standing: "primary" | "standby" | "silent" | "refused" | "unasked";
  readonly major?: number;
  /** Of the connection, such as `TLSv1.3`; absent without TLS. */
  readonly tls?: string;
  readonly error?: { readonly seen: string; readonly hint: string };
}

/** As servers name the looks in `pg_stat_activity`. */
const applicationName = "runbook doctor";

const question = `select pg_is_in_recovery() as standby, current_setting('server_version_num')::int / 10000 as major,
  (select version from pg_stat_ssl where pid = pg_backend_pid() and ssl) as tls`;

export async function lookAtSql(
  sql: Sql,
  { sql: place }: PostgresServer,
): Promise<SqlLook> {
  try {
    const [row] = await sql.query<{
      standby: boolean;
      major: number;
      tls: string | null;
    }>(place, { applicationName }, question);
    if (row === undefined) throw new Error("a select without a row");
    const { standby, major, tls } = row;
    const standing = standby ? "standby" : "primary";
    return { standing, major, ...(tls === null ? {} : { tls }) };
  } catch (error) {
    const { message } = error as Error;
    if (!isRunbookError(error))
      return { standing: "refused", error: { seen: message, hint: "" } };
    const { seen, hint, type } = error;
    return { standing: standingAfter(type), error: { seen, hint } };
  }
}

function standingAfter(type: string): SqlLook["standing"] {
  if (type === "postgres.unreachable") return "silent";
  return type.startsWith("reference.") ? "unasked" : "refused";
}

/** @param folder the data directory, as preflight calls it; absent where nobody could look */
export function sqlCheck(
  { id, sql: { address, port, tls } }: PostgresServer,
  { standing, major, tls: used, error }: SqlLook,
  folder: string | undefined,
): Check {
  const name = `SQL on ${id}`;
  if (error === undefined) {
    const over = used ?? "without TLS";
    const seen = `${standing} of PostgreSQL ${major}, ${over} (tls.mode ${tls.mode})`;
    return { name, ...pass(seen) };
  }
  const { seen, hint } = error;
  const isToBe = folder === "absent" || folder === "empty";
  if (standing === "silent" && isToBe)
    return {
      name,
      ...pass(`no server yet at ${address}:${port}: a replica can be made`),
    };
  return standing === "unasked"
    ? { name, ...unsure(`cannot log in from here: ${seen}`, hint) }
    : { name, ...fail(seen, hint) };
}

/** A real replication login, from where a copy and a standby will make it. */
export function replicationCheck(
  programs: Programs,
  primary: PostgresServer,
  replica: PostgresServer,
): Promise<Check> {
  return check(`replication from ${replica.id}`, async () => {
    const order = { primary, replica, ours: applicationName };
    const { signal } = new AbortController();
    const { refused } = await askLogin(programs, order, signal);
    const { user, sslmode } = replica.replication;
    if (refused === undefined)
      return pass(`${user} may replicate from ${primary.id} (${sslmode})`);
    const { hint } = failureOfProgram({
      ...{ program: "psql", exitCode: 2, stdout: "", stderr: refused },
    });
    return fail(refused, hint);
  });
}
