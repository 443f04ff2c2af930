import {
  ensureTables,
  hasTables,
  type OwnedPlace,
  removeTablesIfEmpty,
  withOwnedRows,
} from "./owned-rows";
import { type Sentinel, sentinelTable } from "./port";

/** A row that says what the WAL held at its time; written once, however often it is asked for. @throws postgres.* */
export async function writeSentinel(
  place: OwnedPlace & { readonly name: string },
): Promise<Sentinel> {
  const { run, name } = place;
  return withOwnedRows(place, async ({ session }) => {
    await ensureTables(session);
    await session.query(
      `insert into ${sentinelTable} (root_run_id, workflow_id, name, lsn) values ($1, $2, $3, pg_current_wal_insert_lsn()) on conflict do nothing`,
      [run.rootRunId, run.workflowId, name],
    );
    // Asked in a statement of its own, so that the row's commit lies before it.
    const [row] = await session.query<{ lsn: string; at: string }>(
      `select pg_current_wal_lsn()::text as lsn, to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at
       from ${sentinelTable} where root_run_id = $1 and name = $2`,
      [run.rootRunId, name],
    );
    return { name, lsn: row?.lsn ?? "", at: row?.at ?? "" };
  });
}

/** @throws postgres.* */
export async function removeSentinels(place: OwnedPlace): Promise<void> {
  await withOwnedRows(place, async ({ session, run }) => {
    if (!(await hasTables(session))) return;
    await session.query(`delete from ${sentinelTable} where root_run_id = $1`, [
      run.rootRunId,
    ]);
    await removeTablesIfEmpty(session);
  });
}
