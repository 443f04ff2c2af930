import type { PostgresServer, RunMark, Sql } from "../port";
import { nameOf } from "../run-mark";

interface SlotOrder {
  readonly run: RunMark;
  readonly server: PostgresServer;
  readonly slot: string;
}

/** A reserved slot under this name; one that is there stays. A standby may have one, too. @throws postgres.* */
export async function ensureSlot(
  sql: Sql,
  { run, server, slot }: SlotOrder,
  signal?: AbortSignal,
): Promise<void> {
  await sql.query(
    server.sql,
    { applicationName: nameOf(run), signal },
    `select pg_create_physical_replication_slot($1, true)
     where not exists (select from pg_replication_slots where slot_name = $1)`,
    [slot],
  );
}

/** Nobody streams from it, or it stays. @throws postgres.* */
export async function dropIdleSlot(
  sql: Sql,
  { run, server, slot }: SlotOrder,
  signal?: AbortSignal,
): Promise<"dropped" | "gone" | "active"> {
  const options = { applicationName: nameOf(run), signal };
  const rows = await sql.query<{ active: boolean }>(
    server.sql,
    options,
    "select active from pg_replication_slots where slot_name = $1 and slot_type = 'physical'",
    [slot],
  );
  if (rows[0] === undefined) return "gone";
  if (rows[0].active) return "active";
  await sql.query(server.sql, options, "select pg_drop_replication_slot($1)", [
    slot,
  ]);
  return "dropped";
}
