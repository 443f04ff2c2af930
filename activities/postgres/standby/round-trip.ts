import { setTimeout as sleep } from "node:timers/promises";
import type { PostgresPorts } from "../port";
import { nameOf } from "../run-mark";
import { sentinelTable } from "../slot/port";
import { writeSentinel } from "../slot/sentinel";
import { standbyError } from "./errors";
import type { RoundTrip, RoundTripOrder } from "./port";

const limitMs = 30_000;
const pollMs = 50;

/**
 * Commits a row on the primary and waits until the standby has replayed it and shows it. No clock of a server is asked, and
 * an idle primary tells as much as a busy one.
 *
 * @throws postgres.roundTripLate
 */
export async function sentinelRoundTrip(
  { sql }: Pick<PostgresPorts, "sql">,
  { run, primary, replica, timeoutMs = limitMs }: RoundTripOrder,
  signal?: AbortSignal,
): Promise<RoundTrip> {
  const name = `round-trip-${Date.now()}`;
  const { lsn } = await writeSentinel({ sql, run, primary, name, signal });
  const began = Date.now();
  const options = { applicationName: nameOf(run), signal };
  return sql.withSession(replica.sql, options, async (session) => {
    for (;;) {
      const [row] = await session.query<{ there: boolean }>(
        "select pg_last_wal_replay_lsn() >= $1::pg_lsn and to_regclass($2) is not null as there",
        [lsn, sentinelTable],
      );
      const isThere = row?.there === true && (await isShown(name));
      const ms = Date.now() - began;
      if (isThere) return { ms, lsn };
      if (ms >= timeoutMs)
        throw standbyError("roundTripLate", {
          seen: `a row of ${lsn} was not to be read on ${replica.id} after ${ms} ms`,
        });
      await sleep(pollMs, undefined, { signal });
    }

    async function isShown(sentinel: string): Promise<boolean> {
      const rows = await session.query(
        `select from ${sentinelTable} where root_run_id = $1 and name = $2`,
        [run.rootRunId, sentinel],
      );
      return rows.length === 1;
    }
  });
}
