import { readFile } from "node:fs/promises";
import type { ConnectionOptions } from "node:tls";
import { Client, type ClientConfig } from "pg";
import { isRunbookError } from "../errors";
import { expandHome, resolveReference } from "../references";
import { orAborted } from "../ssh/abort";
import type { Row, Sql, SqlOptions, SqlPlace, SqlSession } from "./port";
import { postgresError } from "./errors";
import { failureOfSql, type SqlFailure } from "./signatures";

const connectTimeoutMs = 10_000;
const statementTimeoutMs = 30_000;
const lockTimeoutMs = 2_000;

/**
 * Statements over connections that live no longer than the work they are for: a run that lasts for days keeps none, and
 * a server that was restarted or promoted is met anew.
 */
export function createSql(): Sql {
  const withSession: Sql["withSession"] = async (place, options, work) => {
    const client = new Client(await configOf(place, options));
    options.signal?.throwIfAborted();
    // A connection that breaks while nobody asks anything tells the next question.
    client.on("error", () => undefined);
    const drop = (): void => void client.end().catch(() => undefined);
    options.signal?.addEventListener("abort", drop, { once: true });
    try {
      // node-postgres never settles a connect whose client is ended meanwhile, and takes its time limit back.
      await orAborted(
        told(place, () => client.connect()),
        options.signal,
      );
      const session = sessionOf(client, place);
      await assertCluster(session, place);
      return await work(session);
    } finally {
      options.signal?.removeEventListener("abort", drop);
      drop();
    }
  };
  return {
    withSession,
    query: (place, options, text, values) =>
      withSession(place, options, (session) => session.query(text, values)),
  };
}

function sessionOf(client: Client, place: SqlPlace): SqlSession {
  return {
    query: async <T extends Row>(text: string, values?: readonly unknown[]) => {
      const { rows } = await told(place, () =>
        values === undefined
          ? client.query<T & Record<string, unknown>>(text)
          : client.query<T & Record<string, unknown>>(text, [...values]),
      );
      return rows;
    },
  };
}

/** An address may lead to another cluster days later. @throws postgres.wrongSystem */
async function assertCluster(
  session: SqlSession,
  { systemIdentifier: expected, address, port }: SqlPlace,
): Promise<void> {
  if (expected === undefined) return;
  const [row] = await session.query<{ system: string }>(
    "select system_identifier::text as system from pg_control_system()",
  );
  if (row?.system !== expected)
    throw postgresError("wrongSystem", {
      seen: `${address}:${port} is of cluster ${row?.system ?? "unknown"}`,
      expected,
    });
}

async function told<T>(place: SqlPlace, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    // Its reference could not be resolved, say.
    throw isRunbookError(cause)
      ? cause
      : failureOfSql(cause as SqlFailure, place);
  }
}

async function configOf(
  place: SqlPlace,
  options: SqlOptions,
): Promise<ClientConfig> {
  const { address, port, user, database, password, isConsole } = place;
  const statementMs = options.statementTimeoutMs ?? statementTimeoutMs;
  return {
    host: address,
    port,
    user,
    database,
    ssl: await tlsOf(place),
    // Read anew for each connection, for a password may rotate while a run lasts for days.
    ...(password !== undefined && {
      password: () => resolveReference(password),
    }),
    application_name: options.applicationName,
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    ...(isConsole !== true && {
      statement_timeout: statementMs,
      lock_timeout: options.lockTimeoutMs ?? lockTimeoutMs,
    }),
    // A server that went away without a word answers no more; its own timeout comes first.
    query_timeout: statementMs + 5_000,
  };
}

/** libpq's meaning of the modes: only `verify-full` compares the name. */
async function tlsOf({
  address,
  tls: { mode, ca },
}: SqlPlace): Promise<false | ConnectionOptions> {
  if (mode === "disable" || address.startsWith("/")) return false;
  if (mode === "require" && ca === undefined)
    return { rejectUnauthorized: false };
  return {
    rejectUnauthorized: true,
    ...(ca === undefined ? {} : { ca: await readFile(expandHome(ca), "utf8") }),
    ...(mode === "verify-full" ? {} : { checkServerIdentity: () => undefined }),
  };
}
