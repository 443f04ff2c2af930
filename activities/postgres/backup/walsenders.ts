import { pause } from "../../ssh/abort";
import { postgresError } from "../errors";
import type { PostgresServer, RunMark, Sql } from "../port";
import { nameOf } from "../run-mark";

const pollMs = 200;
export const defaultWalsenderMs = 10_000;

const oursSql =
  "select pid from pg_stat_replication where application_name = $1";
const endSql =
  "select pid, pg_terminate_backend(pid) from pg_stat_replication where application_name = $1";

/**
 * Waits until the primary has no walsender of the run; those that stay, since their client went without a word, are ended
 * there. Not while a standby of the run streams: it would lose its link for some seconds.
 *
 * @returns how many had to be ended @throws postgres.walsenderStays, postgres.*
 */
export async function endWalsenders(
  sql: Sql,
  primary: PostgresServer,
  run: RunMark,
  waitMs: number,
  signal?: AbortSignal,
): Promise<number> {
  const applicationName = nameOf(run);
  const options = { applicationName, signal };
  const ask = (text: string) =>
    sql.query<{ pid: number }>(primary.sql, options, text, [applicationName]);
  const gone = async (text: string): Promise<boolean> => {
    const deadline = Date.now() + waitMs;
    while ((await ask(text)).length > 0) {
      if (Date.now() >= deadline) return false;
      await pause(pollMs, signal);
    }
    return true;
  };
  if (await gone(oursSql)) return 0;
  const ended = await ask(endSql);
  // Again until they are gone: see `endSender` of slots.
  if (await gone(endSql)) return ended.length;
  const pids = (await ask(oursSql)).map(({ pid }) => pid).join(", ");
  throw postgresError("walsenderStays", {
    seen: `walsenders of ${applicationName} are still there on ${primary.id}: ${pids}`,
    facts: { host: primary.id, pids },
  });
}
