import { setTimeout as sleep } from "node:timers/promises";
import type { PostgresPorts, PostgresServer, SqlSession } from "../port";
import {
  type OwnedRow,
  removeTablesIfEmpty,
  withOwnedRows,
} from "../slot/owned-rows";
import { switchoverError } from "./errors";
import type { DrainOrder, SwitchOrder } from "./port";

const drainMs = 30_000;
const endedMs = 10_000;
const pollMs = 250;

/** Sessions of everybody whom a connection limit holds back: superusers it does not. */
const others = `
from pg_stat_activity a join pg_roles r on r.oid = a.usesysid
where a.backend_type = 'client backend' and a.pid <> pg_backend_pid() and not r.rolsuper`;

/**
 * Without a PgBouncer, clients are held back by the server: each database lets nobody in, idle sessions end at once, the
 * others once their time is over. What each limit was is written down on the server before it is changed, and travels to
 * the standby with all else.
 *
 * @throws postgres.notDrained
 */
export async function shutOut(
  { sql }: PostgresPorts,
  { run, primary, timeoutMs = drainMs }: DrainOrder,
  signal?: AbortSignal,
): Promise<void> {
  await withOwnedRows({ sql, run, primary, signal }, async (rows) => {
    const { session } = rows;
    for (const { name, limit } of await databasesOf(session)) {
      await rows.add("clients", name, { limit });
      await limitTo(session, name, 0);
    }
    const until = Date.now() + timeoutMs;
    while ((await end(session, Date.now() < until)) > 0) {
      if (Date.now() >= until + endedMs)
        throw switchoverError("notDrained", {
          seen: `sessions of clients did not end on ${primary.id}`,
        });
      await sleep(pollMs, undefined, { signal });
    }
  });
}

/** As it was, on the server that writes now: the rows are there, too. A limit that somebody else has set since stays. */
export async function letIn(
  { sql }: PostgresPorts,
  { run, server }: Pick<SwitchOrder, "run"> & { server: PostgresServer },
  signal?: AbortSignal,
): Promise<void> {
  await withOwnedRows({ sql, run, primary: server, signal }, async (rows) => {
    const { session } = rows;
    const now = await databasesOf(session);
    for (const { name, facts } of await rows.mine("clients")) {
      if (now.some((one) => one.name === name && one.limit === 0))
        await limitTo(session, name, limitIn(facts));
      await rows.remove("clients", name);
    }
    await removeTablesIfEmpty(session);
  });
}

const limitIn = ({ limit }: OwnedRow["facts"]): number =>
  typeof limit === "number" ? limit : -1;

function databasesOf(session: SqlSession) {
  return session.query<{ name: string; limit: number }>(
    "select datname as name, datconnlimit as limit from pg_database where datallowconn and not datistemplate order by 1",
  );
}

async function limitTo(
  session: SqlSession,
  name: string,
  limit: number,
): Promise<void> {
  const [row] = await session.query<{ text: string }>(
    "select format('alter database %I connection limit %s', $1::text, $2::int) as text",
    [name, limit],
  );
  await session.query(row?.text ?? "");
}

/** @returns sessions that are left */
async function end(session: SqlSession, idleOnly: boolean): Promise<number> {
  await session.query(
    `select pg_terminate_backend(a.pid) ${others}${idleOnly ? " and a.state = 'idle'" : ""}`,
  );
  const [row] = await session.query<{ left: number }>(
    `select count(*)::int as left ${others}`,
  );
  return row?.left ?? 0;
}
