import { lsnOf } from "../lsn";
import type { SqlSession } from "../port";
import { nameOf } from "../run-mark";
import type { LevelResult, LockedCompareOrder } from "./port";
import { comparingSettings, type RowSum, sumQuery } from "./rows-sql";
import {
  type ComparedTable,
  judgeLocked,
  judgeNamed,
  type TableVerdict,
} from "./v8-rows";
import { tableRefusal } from "./table-refusal";
import { timed, type VerifyWork } from "./work";

const lockMs = 2_000;

/**
 * V8 of chosen tables, exactly, on a standby that streams: nobody writes to the table while a SHARE lock holds it, the standby
 * replays everything up to then, and both sides are read. A table that does not get its lock within two seconds, or is not
 * done within `holdMs`, is not comparable: writers wait no longer than that.
 *
 * @throws postgres.unreachable, reference.*
 */
export function compareLocked(
  work: VerifyWork,
  order: LockedCompareOrder,
): Promise<LevelResult> {
  return timed(work, async () => {
    const tables: ComparedTable[] = [];
    for (const table of order.tables) {
      work.tell({
        step: "rows-locked",
        line: `V8: compares ${table} under its lock`,
      });
      tables.push(await compareOne(work, order, table));
    }
    return judgeNamed(tables);
  });
}

async function compareOne(
  work: VerifyWork,
  order: LockedCompareOrder,
  table: string,
): Promise<ComparedTable> {
  const { primary, database } = order;
  let bytes = 0;
  const place = { ...primary.sql, database };
  try {
    const outcome = await work.deps.sql.withSession(
      place,
      optionsFor(work, order),
      async (session) => {
        await prepare(session);
        const [found] = await session.query<{ name: string; bytes: string }>(
          `select pg_catalog.format('%I.%I', n.nspname, c.relname) as name, pg_catalog.pg_relation_size(c.oid)::text as bytes
           from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace where c.oid = $1::regclass`,
          [table],
        );
        bytes = Number(found?.bytes ?? 0);
        return underLock(work, order, session, found?.name ?? table);
      },
    );
    return { name: table, bytes, outcome };
  } catch (error) {
    return {
      name: table,
      bytes,
      outcome: { verdict: "not comparable", reason: tableRefusal(error) },
    };
  }
}

/** The lock ends with the session, whatever happens. */
async function underLock(
  work: VerifyWork,
  order: LockedCompareOrder,
  session: SqlSession,
  name: string,
): Promise<TableVerdict> {
  const until = work.deps.now() + order.holdMs;
  await session.query(`lock table only ${name} in share mode`);
  const [at] = await session.query<{ lsn: string }>(
    "select pg_catalog.pg_current_wal_insert_lsn()::text as lsn",
  );
  const standby = { ...order.replica.sql, database: order.database };
  return work.deps.sql.withSession(
    standby,
    optionsFor(work, order),
    async (other) => {
      await prepare(other);
      if (!(await replayed(work, other, at?.lsn ?? "", until)))
        return notInTime(order);
      const [now, then] = await Promise.all(
        [session, other].map((side) => side.query<RowSum>(sumQuery(name))),
      );
      const [mine, its] = [now?.[0], then?.[0]];
      if (mine === undefined || its === undefined) return notInTime(order);
      return judgeLocked(mine, its);
    },
  );
}

/** A snapshot that is taken from then on sees everything before the lock. */
async function replayed(
  { deps, signal }: VerifyWork,
  standby: SqlSession,
  lsn: string,
  until: number,
): Promise<boolean> {
  for (;;) {
    signal.throwIfAborted();
    const [row] = await standby.query<{ lsn: string | null }>(
      "select pg_catalog.pg_last_wal_replay_lsn()::text as lsn",
    );
    if (typeof row?.lsn === "string" && lsnOf(row.lsn) >= lsnOf(lsn))
      return true;
    if (deps.now() > until) return false;
    await standby.query("select pg_catalog.pg_sleep(0.1)");
  }
}

/** On a server in recovery as well: it writes nothing. */
async function prepare(session: SqlSession): Promise<void> {
  await session.query("begin transaction read only");
  for (const setting of comparingSettings) await session.query(setting);
}

const optionsFor = (
  { signal }: VerifyWork,
  { run, holdMs }: LockedCompareOrder,
) => ({
  ...{ applicationName: nameOf(run), signal },
  ...{ statementTimeoutMs: holdMs, lockTimeoutMs: lockMs },
});

const notInTime = ({ holdMs }: LockedCompareOrder): TableVerdict => ({
  verdict: "not comparable",
  reason: `not done within ${holdMs / 1000} s`,
});
