import { isRunbookError } from "../../errors";
import { lsnOf } from "../lsn";
import type { PostgresPorts, PostgresServer, SqlSession } from "../port";
import { nameOf } from "../run-mark";
import type { SlotRow } from "../slot/slot-level";
import { readSlot } from "../slot/slot-row";
import { driftBetween } from "./drift";
import type { Baseline, SightOrder, StandbySight } from "./port";

const lookMs = 30_000;

/** What a standby must not be below, and what replication and a promotion rest on. */
const watched = [
  "full_page_writes",
  "max_connections",
  "max_locks_per_transaction",
  "max_prepared_transactions",
  "max_slot_wal_keep_size",
  "max_wal_senders",
  "max_worker_processes",
  "synchronous_standby_names",
  "wal_level",
  "wal_log_hints",
];

/** Slot, lag, disk and drift in one look. A standby that does not answer is told, the primary has to. @throws postgres.* */
export async function standbySight(
  ports: PostgresPorts,
  order: SightOrder,
  signal?: AbortSignal,
): Promise<StandbySight> {
  const { run, primary, replica, slot, since } = order;
  const options = { applicationName: nameOf(run), signal };
  const [standbyStartedAt, freeBytes, seen] = await Promise.all([
    startOf(ports, order, signal),
    freeOn(ports, replica, signal),
    ports.sql.withSession(primary.sql, options, async (session) => ({
      slot: await readSlot(session, slot),
      replay: await replayBy(session, slot),
      ...(await primaryFacts(session)),
    })),
  ]);
  const { systemIdentifier, timeline, primaryStartedAt, settings } = seen;
  const baseline: Baseline = {
    ...{ systemIdentifier, timeline, primaryStartedAt, settings },
    standbyStartedAt,
  };
  const lagBytes = bytesTo(seen.slot?.currentLsn, seen.replay?.lsn);
  return {
    slot: slotSight(seen.slot),
    lagBytes,
    // A server that has nothing to replay reports none after a while.
    lagSeconds: seen.replay?.seconds ?? (lagBytes === 0 ? 0 : undefined),
    ...{ freeBytes, baseline },
    drift: since === undefined ? [] : driftBetween(since, baseline),
  };
}

function slotSight(row: SlotRow | undefined): StandbySight["slot"] {
  if (row === undefined) return { standing: "gone" };
  const { walStatus, restartLsn, currentLsn, safeBytes, isActive } = row;
  if (walStatus === "lost" || restartLsn === undefined)
    return { standing: "lost" };
  return {
    standing: isActive ? "streaming" : "inactive",
    heldBytes: bytesTo(currentLsn, restartLsn),
    safeBytes,
  };
}

const bytesTo = (ahead?: string, behind?: string): number | undefined =>
  ahead === undefined || behind === undefined
    ? undefined
    : Math.max(0, Number(lsnOf(ahead) - lsnOf(behind)));

interface Replay {
  readonly lsn?: string | undefined;
  readonly seconds?: number | undefined;
}

async function replayBy(
  session: SqlSession,
  slot: string,
): Promise<Replay | undefined> {
  const [row] = await session.query<{
    lsn: string | null;
    seconds: number | null;
  }>(
    `select r.replay_lsn::text as lsn, extract(epoch from r.replay_lag)::float8 as seconds from pg_replication_slots s
     join pg_stat_replication r on r.pid = s.active_pid where s.slot_name = $1`,
    [slot],
  );
  return (
    row && { lsn: row.lsn ?? undefined, seconds: row.seconds ?? undefined }
  );
}

async function primaryFacts(session: SqlSession) {
  const [row] = await session.query<{
    system: string;
    file: string;
    started: string;
  }>(
    `select (select system_identifier from pg_control_system())::text as system,
            pg_walfile_name(pg_current_wal_lsn()) as file, pg_postmaster_start_time()::text as started`,
  );
  const settings = await session.query<{ name: string; setting: string }>(
    "select name, setting from pg_settings where name = any($1) order by name",
    [watched],
  );
  return {
    systemIdentifier: row?.system ?? "",
    timeline: Number.parseInt(row?.file.slice(0, 8) ?? "", 16),
    primaryStartedAt: row?.started ?? "",
    settings: Object.fromEntries(
      settings.map(({ name, setting }) => [name, setting]),
    ),
  };
}

async function startOf(
  { sql }: PostgresPorts,
  { run, replica }: SightOrder,
  signal?: AbortSignal,
): Promise<string | undefined> {
  try {
    const [row] = await sql.query<{ started: string }>(
      replica.sql,
      { applicationName: nameOf(run), signal },
      "select pg_postmaster_start_time()::text as started",
    );
    return row?.started;
  } catch (error) {
    signal?.throwIfAborted();
    if (!isRunbookError(error)) throw error;
    return undefined;
  }
}

/** Absent where the host does not say. */
async function freeOn(
  { programs }: PostgresPorts,
  replica: PostgresServer,
  signal?: AbortSignal,
): Promise<number | undefined> {
  try {
    const { stdout } = await programs.script(replica, {
      script: "LC_ALL=C df -Pk \"$1\" | awk 'NR == 2 { print $4 }'",
      args: [replica.dataDirectory],
      ...{ timeoutMs: lookMs, signal },
    });
    return /^\d+$/.test(stdout.trim()) ? Number(stdout) * 1024 : undefined;
  } catch (error) {
    signal?.throwIfAborted();
    if (!isRunbookError(error)) throw error;
    return undefined;
  }
}
