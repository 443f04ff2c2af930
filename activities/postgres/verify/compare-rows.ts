import type { Row } from "../port";
import { nameOf } from "../run-mark";
import { databasesIn } from "./databases";
import type { CompareOrder, LevelResult } from "./port";
import {
  canTellApart,
  comparingSettings,
  databasesQuery,
  type RowSum,
  sumQuery,
  type TableFacts,
  tablesQuery,
  youngestQuery,
} from "./rows-sql";
import { type Answer, askScratch } from "./scratch-sql";
import {
  type ComparedTable,
  judgeCatalogs,
  judgeComparison,
  judgeRows,
  type TableVerdict,
} from "./v8-rows";
import { tableRefusal } from "./table-refusal";
import { wakeScratch } from "./wake-scratch";
import { timed, type VerifyWork } from "./work";

/** For one table on one side. */
const tableMs = 6 * 3_600_000;

/** V8 on an open scratch instance, against the primary as it is now. @throws postgres.*, verification.noScratch, ssh.* */
export function compareRows(
  work: VerifyWork,
  order: CompareOrder,
): Promise<LevelResult> {
  return timed(work, async () => {
    const { scratch } = order;
    await wakeScratch(work, order);
    const primary = new Sides(work, order, order.primary.sql.database);
    const [youngest] = await primary.now<{ xmax: string }>(youngestQuery);
    if (youngest === undefined || !canTellApart(scratch.xmin, youngest.xmax))
      return judgeComparison([]);
    const databases = await primary.now<{ name: string; known: boolean }>(
      databasesQuery(scratch.xmin),
    );
    const lost = databases.filter(
      ({ name, known }) =>
        known && !scratch.databases.some((one) => one.name === name),
    );
    const tables: ComparedTable[] = [];
    for (const database of databasesIn(scratch, "reading"))
      if (databases.some(({ name }) => name === database))
        tables.push(
          ...(await compareDatabase(new Sides(work, order, database))),
        );
    return judgeComparison(
      tables,
      lost.map(({ name }) => name),
    );
  });
}

async function compareDatabase(sides: Sides): Promise<ComparedTable[]> {
  const { order, database, work } = sides;
  const query = tablesQuery(order.scratch.xmin);
  const [copy, primary] = await Promise.all([
    sides.then<TableFacts>(query),
    sides.now<TableFacts>(query),
  ]);
  if ("error" in copy) {
    const outcome: TableVerdict = { verdict: "fail", reason: copy.error };
    return [{ name: `the catalog of ${database}`, bytes: 0, outcome }];
  }
  const byOid = (rows: readonly TableFacts[]) =>
    new Map(rows.map((row) => [row.oid, row]));
  const [then, now] = [byOid(copy.rows), byOid(primary)];
  const tables: ComparedTable[] = [];
  for (const oid of new Set([...then.keys(), ...now.keys()])) {
    const { name = "", bytes = "0" } = then.get(oid) ?? now.get(oid) ?? {};
    const shown = `${database} ${name}`;
    const percent = Math.floor((tables.length / (then.size + 1)) * 100);
    work.tell({
      step: "verify-scratch",
      percent,
      line: `V8: compares ${shown}`,
    });
    const outcome =
      judgeCatalogs(now.get(oid), then.get(oid)) ??
      (await compareTable(sides, oid, then.get(oid)));
    tables.push({ name: shown, bytes: Number(bytes), outcome });
  }
  return tables;
}

async function compareTable(
  sides: Sides,
  oid: string,
  copy: TableFacts | undefined,
): Promise<TableVerdict> {
  const { xmin } = sides.order.scratch;
  const query = sumQuery(copy?.name ?? "", sides.order.scratch);
  const [then, now] = await Promise.all([
    sides.then<RowSum>(query),
    sides.answered<RowSum>(query),
  ]);
  if ("error" in then) return { verdict: "fail", reason: then.error };
  const [thenSum, nowSum] = [
    then.rows[0],
    "rows" in now ? now.rows[0] : undefined,
  ];
  if (thenSum === undefined || nowSum === undefined) {
    const said = "error" in now ? now.error : "no answer";
    return { verdict: "not comparable", reason: `the primary says: ${said}` };
  }
  const verdict = judgeRows(nowSum, thenSum);
  if (verdict.verdict !== "fail") return verdict;
  // Altered between the look at the catalogs and the rows: then the rows differ by right.
  const again = await sides.now<TableFacts>(tablesQuery(xmin));
  const changed = judgeCatalogs(
    again.find((row) => row.oid === oid),
    copy,
  );
  return changed?.verdict === "not comparable" ? changed : verdict;
}

/** One database, as it was in the copy and as it is now. */
class Sides {
  constructor(
    readonly work: VerifyWork,
    readonly order: CompareOrder,
    readonly database: string,
  ) {}

  then<T extends Row>(query: string): Promise<Answer<T>> {
    return askScratch<T>(this.work, this.order, this.order.scratch, {
      ...{ database: this.database, query, timeoutMs: tableMs },
      settings: comparingSettings,
    });
  }

  /** @throws postgres.* */
  now<T extends Row>(query: string): Promise<readonly T[]> {
    const { deps, signal } = this.work;
    const { run, primary } = this.order;
    const place = { ...primary.sql, database: this.database };
    const options = { applicationName: nameOf(run), signal };
    return deps.sql.withSession(
      place,
      { ...options, statementTimeoutMs: tableMs },
      async (session) => {
        // A primary at work is read by one process, not by several.
        await session.query("set max_parallel_workers_per_gather = 0");
        for (const setting of comparingSettings) await session.query(setting);
        return session.query<T>(query);
      },
    );
  }

  /** What this table alone does not give leaves it not comparable; a server that is away is asked again. */
  async answered<T extends Row>(query: string): Promise<Answer<T>> {
    try {
      return { rows: await this.now<T>(query) };
    } catch (error) {
      return { error: tableRefusal(error) };
    }
  }
}
