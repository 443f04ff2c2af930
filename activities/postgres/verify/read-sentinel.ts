import type { Row } from "../port";
import type { LevelResult, SentinelOrder } from "./port";
import { askScratch } from "./scratch-sql";
import { judgeSentinel, type SentinelRow, sentinelQuery } from "./v9-sentinel";
import { wakeScratch } from "./wake-scratch";
import { lookMs, timed, type VerifyWork } from "./work";

/** V9 on an open scratch instance. @throws verification.noScratch, ssh.* */
export function readSentinel(
  work: VerifyWork,
  order: SentinelOrder,
): Promise<LevelResult> {
  const { scratch, sentinel, replica, writtenBy = order.run } = order;
  return timed(work, async () => {
    await wakeScratch(work, order);
    const answer = await askScratch<SentinelRow & Row>(
      ...[work, order, scratch],
      {
        database: replica.sql.database,
        query: sentinelQuery(writtenBy.rootRunId, sentinel.name),
        timeoutMs: lookMs,
      },
    );
    // Without the table there is no row: the backup is older than the run.
    const rows: readonly SentinelRow[] = "error" in answer ? [] : answer.rows;
    return judgeSentinel(rows, sentinel, scratch);
  });
}
