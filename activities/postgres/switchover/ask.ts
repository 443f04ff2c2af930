import type { PostgresServer, RunMark, Sql } from "../port";
import { nameOf } from "../run-mark";

export interface Asked {
  readonly run: RunMark;
  readonly server: PostgresServer;
}

/** @throws postgres.* */
export async function isInRecovery(
  sql: Sql,
  asked: Asked,
  signal?: AbortSignal,
): Promise<boolean> {
  return (await recoveryOf(sql, asked, signal)).isInRecovery;
}

export interface Recovery {
  readonly isInRecovery: boolean;
  /** Asked for counts, too. */
  readonly isPaused: boolean;
  /** The end of what is replayed; nothing on a primary that never was a standby. */
  readonly replayLsn?: string | undefined;
  readonly systemIdentifier: string;
}

/** @throws postgres.* */
export async function recoveryOf(
  sql: Sql,
  { run, server }: Asked,
  signal?: AbortSignal,
): Promise<Recovery> {
  const [row] = await sql.query<{
    recovering: boolean;
    paused: boolean;
    replayed: string | null;
    system: string;
  }>(
    server.sql,
    { applicationName: nameOf(run), signal },
    `select pg_is_in_recovery() as recovering,
            case when pg_is_in_recovery() then pg_is_wal_replay_paused() else false end as paused,
            pg_last_wal_replay_lsn()::text as replayed,
            (select system_identifier from pg_control_system())::text as system`,
  );
  return {
    isInRecovery: row?.recovering ?? false,
    isPaused: row?.paused ?? false,
    replayLsn: row?.replayed ?? undefined,
    systemIdentifier: row?.system ?? "",
  };
}

export interface Writable {
  readonly lsn: string;
  /** Of the WAL that is written now; pg_control tells the old one until the first checkpoint. */
  readonly timeline: number;
  readonly nextXid: string;
  readonly isReadOnly: boolean;
}

/** Of a server that is not in recovery. @throws postgres.* */
export async function writableOf(
  sql: Sql,
  { run, server }: Asked,
  signal?: AbortSignal,
): Promise<Writable> {
  const [row] = await sql.query<{
    lsn: string;
    file: string;
    xid: string;
    read_only: string;
  }>(
    server.sql,
    { applicationName: nameOf(run), signal },
    `select pg_current_wal_lsn()::text as lsn, pg_walfile_name(pg_current_wal_lsn()) as file,
            pg_snapshot_xmax(pg_current_snapshot())::text as xid,
            current_setting('default_transaction_read_only') as read_only`,
  );
  return {
    lsn: row?.lsn ?? "",
    timeline: Number.parseInt(row?.file.slice(0, 8) ?? "", 16),
    nextXid: row?.xid ?? "",
    isReadOnly: row?.read_only !== "off",
  };
}
