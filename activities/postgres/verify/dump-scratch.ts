import { closedIn, databasesIn } from "./databases";
import { verificationError } from "./errors";
import type { LevelResult, OfScratch } from "./port";
import { askScratch, assertThere, scratchEnv } from "./scratch-sql";
import {
  dumpableQuery,
  dumpScript,
  type DumpRun,
  judgeDumps,
  readDumps,
} from "./v7-dump";
import { wakeScratch } from "./wake-scratch";
import { levelJob, lookMs, timed, type VerifyWork } from "./work";

/** V7 on an open scratch instance. @throws verification.noScratch, ssh.*, postgres.noProgram */
export function dumpScratch(
  work: VerifyWork,
  order: OfScratch,
): Promise<LevelResult> {
  const { scratch } = order;
  work.tell({
    step: "verify-scratch",
    line: "V7: dumps every database to nowhere",
  });
  return timed(work, async () => {
    await wakeScratch(work, order);
    const databases = databasesIn(scratch, "reading");
    const runs = await dumped(work, order, databases);
    const expected: Record<string, number> = {};
    for (const database of databases) {
      const ask = { database, query: dumpableQuery, timeoutMs: lookMs };
      const answer = await askScratch<{ readonly tables: number }>(
        ...[work, order, scratch, ask],
      );
      // A catalog that cannot be read is no reason to expect nothing.
      expected[database] =
        "error" in answer ? Infinity : (answer.rows[0]?.tables ?? Infinity);
    }
    return judgeDumps(runs, expected, closedIn(scratch));
  });
}

async function dumped(
  work: VerifyWork,
  order: OfScratch,
  databases: readonly string[],
): Promise<readonly DumpRun[]> {
  const { scratch, replica } = order;
  const ended = await levelJob(work, order, {
    ...{ step: "dump", script: dumpScript, args: databases },
    env: scratchEnv(scratch, replica.sql.database),
  });
  assertThere(ended.stdout, scratch, replica.id);
  const runs = readDumps(ended, databases);
  if (runs !== undefined) return runs;
  throw verificationError("unreadable", {
    seen: `the dumps on ${replica.id} did not come to their end`,
    facts: { path: scratch.path, host: replica.id },
  });
}
