import type { SqlSession } from "../port";
import { nameOf } from "../run-mark";
import {
  type OwnedPlace,
  type OwnedRows,
  removeTablesIfEmpty,
  withOwnedRows,
} from "./owned-rows";

/**
 * Creates the extension in every database that may be connected to and is no template: a scratch instance is read-only. A
 * template stays as it is, for each database made meanwhile would inherit it.
 *
 * @throws postgres.*
 */
export async function installAmcheck(
  place: OwnedPlace,
): Promise<readonly string[]> {
  return withOwnedRows(place, async (rows) => {
    const created: string[] = [];
    for (const database of await databases(rows.session))
      if (await install(place, rows, database)) created.push(database);
    return created;
  });
}

async function install(
  place: OwnedPlace,
  rows: OwnedRows,
  database: string,
): Promise<boolean> {
  const owners = await ownersIn(rows, database);
  const isOurs = owners.some(
    ({ rootRunId }) => rootRunId === rows.run.rootRunId,
  );
  return inDatabase(place, database, async (session) => {
    if (await hasAmcheck(session)) {
      // Made by a run before us: whoever ends last drops it.
      if (owners.length > 0) await rows.add("amcheck", database);
      return isOurs;
    }
    await rows.add("amcheck", database);
    await session.query("create extension amcheck");
    return true;
  });
}

/** @throws postgres.* */
export async function removeAmcheck(
  place: OwnedPlace,
): Promise<readonly string[]> {
  return withOwnedRows(place, async (rows) => {
    const dropped: string[] = [];
    const known = await databases(rows.session);
    for (const { name } of await rows.mine("amcheck")) {
      const isShared = (await ownersIn(rows, name)).length > 1;
      if (!isShared && known.includes(name)) {
        await inDatabase(place, name, (session) =>
          // No cascade: what a person has built on it meanwhile stays, and is told.
          session.query("drop extension if exists amcheck"),
        );
        dropped.push(name);
      }
      await rows.remove("amcheck", name);
    }
    await removeTablesIfEmpty(rows.session);
    return dropped;
  });
}

const ownersIn = async (rows: OwnedRows, database: string) =>
  (await rows.of("amcheck")).filter(({ name }) => name === database);

async function databases(session: SqlSession): Promise<readonly string[]> {
  const rows = await session.query<{ name: string }>(
    "select datname as name from pg_database where datallowconn and not datistemplate order by datname",
  );
  return rows.map(({ name }) => name);
}

async function hasAmcheck(session: SqlSession): Promise<boolean> {
  const rows = await session.query(
    "select from pg_extension where extname = 'amcheck'",
  );
  return rows.length > 0;
}

const inDatabase = <T>(
  { sql, run, primary, signal }: OwnedPlace,
  database: string,
  work: (session: SqlSession) => Promise<T>,
): Promise<T> =>
  sql.withSession(
    { ...primary.sql, database },
    { applicationName: nameOf(run), signal },
    async (session) => {
      await session.query("set synchronous_commit = local");
      return work(session);
    },
  );
