import type { PostgresServer, Sql } from "../port";
import { type OwnedRow, readAllOwned } from "./owned-rows";

/** What bears the mark of runs on one server. */
export interface ServerTraces {
  readonly isInRecovery: boolean;
  readonly slots: readonly SlotTrace[];
  readonly rows: readonly OwnedRow[];
}

export interface SlotTrace {
  readonly name: string;
  readonly heldBytes: number;
  /** Who streams from it. */
  readonly by?: string;
}

/** Slots of runs alone. */
const slotsText = `
select s.slot_name as name,
       coalesce(pg_wal_lsn_diff(case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end, s.restart_lsn), 0)::float8 as held,
       case when s.active then coalesce(a.application_name || ' from ' || coalesce(host(a.client_addr), 'a local socket'), 'somebody') end as by
from pg_replication_slots s left join pg_stat_activity a on a.pid = s.active_pid
where s.slot_name ~ '^rb_[0-9a-f]{12}$' order by s.slot_name`;

interface SlotColumns extends Record<string, unknown> {
  readonly name: string;
  readonly held: number;
  readonly by: string | null;
}

/** @throws postgres.* */
export function whatIsLeft(
  sql: Sql,
  server: PostgresServer,
  applicationName: string,
  signal: AbortSignal,
): Promise<ServerTraces> {
  const options = { applicationName, signal };
  return sql.withSession(server.sql, options, async (session) => {
    const [recovery] = await session.query<{ is: boolean }>(
      "select pg_is_in_recovery() as is",
    );
    const slots = await session.query<SlotColumns>(slotsText);
    return {
      isInRecovery: recovery?.is === true,
      slots: slots.map(({ name, held, by }) => ({
        ...{ name, heldBytes: held },
        ...(by === null ? {} : { by }),
      })),
      rows: await readAllOwned(session),
    };
  });
}
