import type { Cluster } from "../../lab/postgres/cluster";
import type { PostgresGuest } from "../../lab/postgres/guest";

/** What the servers of a demonstration say of themselves: asked of them, and not of the run. */

/** The bytes that the running copy has sent; undefined when none runs. */
export async function copiedBytes(
  primary: Cluster,
): Promise<number | undefined> {
  const said = await primary.sql(
    "SELECT backup_streamed FROM pg_stat_progress_basebackup",
  );
  return said === "" ? undefined : Number(said);
}

/** Slot and lag, in one line. */
export async function standbyWords({
  primary,
}: Pick<PostgresGuest, "primary">): Promise<string> {
  const slots = await primary.sql(`
    SELECT 'slot ' || slot_name || ' is ' || wal_status || ' and holds ' ||
      pg_size_pretty(pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)) FROM pg_replication_slots`);
  const standbys = await primary.sql(`
    SELECT 'the standby is ' || state || ', ' ||
      pg_size_pretty(pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn)) || ' and ' ||
      round(coalesce(extract(epoch from replay_lag), 0)::numeric, 1) || ' s behind' FROM pg_stat_replication`);
  const lines = [slots || "no slot", standbys || "no standby"];
  return lines.join("; ").replaceAll("\n", "; ");
}
