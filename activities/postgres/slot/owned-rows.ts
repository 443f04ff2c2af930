import { nameOf } from "../run-mark";
import type { PostgresServer, RunMark, Sql, SqlSession } from "../port";
import { ownSchema, sentinelTable } from "./port";

/** What a row can own. Names: of the slot, of the setting, of the database. */
export type OwnedKind = "slot" | "cap" | "amcheck" | "synchronous" | "clients";
/** A sentinel is its own row. */
export type TracedKind = OwnedKind | "sentinel";

export interface OwnedRow {
  readonly kind: TracedKind;
  readonly name: string;
  readonly rootRunId: string;
  readonly workflowId: string;
  readonly facts: Readonly<Record<string, unknown>>;
  /** Milliseconds since the epoch. */
  readonly since: number;
}

const ownedTable = `${ownSchema}.owned`;
/** Any number, the same for every run: one of them at a time changes what all of them share. */
const lockKey = 7_236_410_001;
/** For a turn after other runs; each of them holds it for moments. */
const turnMs = 15_000;

const tables = `
create table if not exists ${ownedTable} (
  kind text not null, name text not null, root_run_id text not null, workflow_id text not null,
  facts jsonb not null default '{}', at timestamptz not null default now(),
  primary key (kind, name, root_run_id));
create table if not exists ${sentinelTable} (
  root_run_id text not null, workflow_id text not null, name text not null, lsn pg_lsn not null,
  at timestamptz not null default now(), primary key (root_run_id, name))`;

/** A commit that waits for a synchronous standby has no timeout; our rows need none. */
const localCommit = "set synchronous_commit = local";

/** The rows of all runs on one server, while it is this run's turn. */
export interface OwnedRows {
  readonly session: SqlSession;
  readonly run: RunMark;
  /** Of one kind, every run's. */
  of(kind: OwnedKind): Promise<readonly OwnedRow[]>;
  mine(kind: OwnedKind): Promise<readonly OwnedRow[]>;
  /** Written before the thing itself is made, so that nothing is without an owner, whenever a worker dies. */
  add(
    kind: OwnedKind,
    name: string,
    facts?: Readonly<Record<string, unknown>>,
  ): Promise<void>;
  note(
    row: Pick<OwnedRow, "kind" | "name"> & { readonly rootRunId?: string },
    facts: Readonly<Record<string, unknown>>,
  ): Promise<void>;
  remove(kind: OwnedKind, name: string): Promise<void>;
}

export interface OwnedPlace {
  readonly sql: Sql;
  readonly run: RunMark;
  readonly primary: PostgresServer;
  readonly signal?: AbortSignal | undefined;
}

/** @throws postgres.* */
export async function withOwnedRows<T>(
  { sql, run, primary, signal }: OwnedPlace,
  work: (rows: OwnedRows) => Promise<T>,
): Promise<T> {
  const options = { applicationName: nameOf(run), lockTimeoutMs: turnMs };
  return sql.withSession(
    primary.sql,
    { ...options, signal },
    async (session) => {
      await session.query(localCommit);
      // Of the session, for ALTER SYSTEM is no part of a transaction; it ends with the connection.
      await session.query("select pg_advisory_lock($1)", [lockKey]);
      await session.query("set lock_timeout = '2s'");
      return work(rowsOf(session, run));
    },
  );
}

/** Makes the tables where they are missing. A login that may not create a schema finds one that was made for it. */
export async function ensureTables(session: SqlSession): Promise<void> {
  const [found] = await session.query<{ has: boolean }>(
    "select to_regnamespace($1) is not null as has",
    [ownSchema],
  );
  if (found?.has !== true) await session.query(`create schema ${ownSchema}`);
  if (!(await hasTables(session))) await session.query(tables);
}

export async function hasTables(session: SqlSession): Promise<boolean> {
  const [found] = await session.query<{ has: boolean }>(
    "select to_regclass($1) is not null and to_regclass($2) is not null as has",
    [ownedTable, sentinelTable],
  );
  return found?.has === true;
}

/** Nothing of ours stays on a server on which no run has anything. */
export async function removeTablesIfEmpty(session: SqlSession): Promise<void> {
  if (!(await hasTables(session))) return;
  const [left] = await session.query<{ any: boolean }>(
    `select exists(select from ${ownedTable}) or exists(select from ${sentinelTable}) as any`,
  );
  if (left?.any !== false) return;
  await session.query(`drop table ${ownedTable}, ${sentinelTable}`);
  const [others] = await session.query<{ any: boolean }>(
    "select exists(select from pg_class where relnamespace = to_regnamespace($1)) as any",
    [ownSchema],
  );
  if (others?.any === false) await session.query(`drop schema ${ownSchema}`);
}

function rowsOf(session: SqlSession, run: RunMark): OwnedRows {
  const { rootRunId, workflowId } = run;
  const of: OwnedRows["of"] = async (kind) => readOwned(session, kind);
  return {
    ...{ session, run, of },
    mine: async (kind) =>
      (await of(kind)).filter((row) => row.rootRunId === rootRunId),
    add: async (kind, name, facts = {}) => {
      await ensureTables(session);
      await session.query(
        `insert into ${ownedTable} (kind, name, root_run_id, workflow_id, facts) values ($1, $2, $3, $4, $5) on conflict do nothing`,
        [kind, name, rootRunId, workflowId, JSON.stringify(facts)],
      );
    },
    note: async ({ kind, name, rootRunId: whose = rootRunId }, facts) => {
      await session.query(
        `update ${ownedTable} set facts = facts || $4::jsonb where kind = $1 and name = $2 and root_run_id = $3`,
        [kind, name, whose, JSON.stringify(facts)],
      );
    },
    remove: async (kind, name) => {
      if (await hasTables(session))
        await session.query(
          `delete from ${ownedTable} where kind = $1 and name = $2 and root_run_id = $3`,
          [kind, name, rootRunId],
        );
    },
  };
}

/** @returns nothing where no run has anything */
async function readOwned(
  session: SqlSession,
  kind: OwnedKind,
): Promise<readonly OwnedRow[]> {
  const rows = await readAllOwned(session);
  return rows.filter((row) => row.kind === kind);
}

/** Of every run, oldest first. */
export async function readAllOwned(
  session: SqlSession,
): Promise<readonly OwnedRow[]> {
  if (!(await hasTables(session))) return [];
  const whose = `root_run_id as "rootRunId", workflow_id as "workflowId", (extract(epoch from at) * 1000)::float8 as since`;
  return session.query<OwnedRow & Record<string, unknown>>(
    `select kind, name, facts, ${whose} from ${ownedTable}
     union all select 'sentinel', name, '{}', ${whose} from ${sentinelTable} order by since, kind, name`,
  );
}
