import { verificationError } from "./errors";
import { closedIn, databasesIn } from "./databases";
import type { LevelResult, OfScratch, Scratch } from "./port";
import { askScratch, assertThere, scratchEnv } from "./scratch-sql";
import {
  type AmcheckRun,
  amcheckScript,
  btreeQuery,
  type Checkable,
  checkableQuery,
  judgeAmcheck,
  readAmcheck,
} from "./v6-amcheck";
import { wakeScratch } from "./wake-scratch";
import { can } from "../versions";
import { levelJob, lookMs, timed, type VerifyWork } from "./work";

/** V6 on an open scratch instance, on all cores. @throws verification.noScratch, ssh.*, postgres.noProgram */
export function amcheckScratch(
  work: VerifyWork,
  order: OfScratch,
): Promise<LevelResult> {
  const { scratch } = order;
  work.tell({
    step: "verify-scratch",
    line: "V6: checks every table and B-tree index",
  });
  return timed(work, async () => {
    await wakeScratch(work, order);
    const checkable: Checkable[] = [];
    for (const database of databasesIn(scratch, "amcheck"))
      checkable.push(await checkableIn(work, order, database));
    const run = can(order.major, "amcheckProgram")
      ? await wholeRun(work, order)
      : await indexesOnly(work, order, checkable);
    return judgeAmcheck(run, checkable, closedIn(scratch));
  });
}

async function checkableIn(
  work: VerifyWork,
  order: OfScratch,
  database: string,
): Promise<Checkable> {
  const ask = { database, query: checkableQuery, timeoutMs: lookMs };
  const answer = await askScratch<Omit<Checkable, "database">>(
    ...[work, order, order.scratch, ask],
  );
  if ("error" in answer) return { database, error: answer.error, ...none };
  return { database, ...none, ...answer.rows[0] };
}

const none = { heap: 0, btree: 0, others: 0 };

/** As pg_amcheck reads them: in quotes, or a dot and a star would mean something. */
const patterns = (scratch: Scratch): string[] =>
  databasesIn(scratch, "amcheck").map(
    (name) => `--database="${name.replaceAll('"', '""')}"`,
  );

async function wholeRun(
  work: VerifyWork,
  order: OfScratch,
): Promise<AmcheckRun> {
  const { scratch, replica } = order;
  const ended = await levelJob(work, order, {
    ...{ step: "amcheck", script: amcheckScript, args: patterns(scratch) },
    env: scratchEnv(scratch, replica.sql.database),
  });
  const run = readAmcheck(ended);
  if (run === undefined)
    throw verificationError("unreadable", {
      seen: `pg_amcheck on ${replica.id} did not come to its end`,
      facts: { path: scratch.path, host: replica.id },
    });
  assertThere(run.findings.join("\n"), scratch, replica.id);
  return run;
}

async function indexesOnly(
  work: VerifyWork,
  order: OfScratch,
  checkable: readonly Checkable[],
): Promise<AmcheckRun> {
  const findings: string[] = [];
  let btree = 0;
  for (const { database } of checkable) {
    const ask = { database, query: btreeQuery, timeoutMs: lookMs * 48 };
    const answer = await askScratch<{ readonly checked: number }>(
      ...[work, order, order.scratch, ask],
    );
    if ("error" in answer) findings.push(`${database}: ${answer.error}`);
    else btree += answer.rows[0]?.checked ?? 0;
  }
  const exitCode = findings.length === 0 ? 0 : 2;
  return { databases: checkable.length, btree, exitCode, findings };
}
