import type { SqlSession } from "../port";
import type { SlotRow } from "./slot-level";

/** Columns that every major from 13 on has; the reason of 17 and newer is null before. A server that is a standby itself ends where it has replayed. */
const text = `
select slot_type as type, active, active_pid as pid, wal_status as status, restart_lsn::text as lsn, safe_wal_size::text as safe,
       to_jsonb(s) ->> 'invalidation_reason' as reason,
       (case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end)::text as now
from pg_replication_slots s where slot_name = $1`;

interface Columns extends Record<string, unknown> {
  readonly type: string;
  readonly active: boolean;
  readonly pid: number | null;
  readonly status: string | null;
  readonly lsn: string | null;
  readonly safe: string | null;
  readonly reason: string | null;
  readonly now: string;
}

/** @returns undefined when there is no such slot @throws postgres.* */
export async function readSlot(
  session: SqlSession,
  slot: string,
): Promise<SlotRow | undefined> {
  const [row] = await session.query<Columns>(text, [slot]);
  if (row === undefined) return undefined;
  const { type, active, pid, status, lsn, safe, reason, now } = row;
  return {
    ...{ slotType: type, isActive: active, currentLsn: now },
    ...(pid === null ? {} : { activePid: pid }),
    ...(status === null ? {} : { walStatus: status }),
    ...(lsn === null ? {} : { restartLsn: lsn }),
    ...(safe === null ? {} : { safeBytes: Number(safe) }),
    ...(reason === null ? {} : { lossReason: reason }),
  };
}
