import type { Ended } from "../port";
import { closedFault } from "./databases";
import { discard, type Fault, type Judged, judged, said } from "./judged";

/** `pg_amcheck` over the databases of `$@`, its words counted on the host; findings as they are, the first 40 lines. */
export const amcheckScript = `
cores=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1)
{
  pg_amcheck "$@" --maintenance-db="$PGDATABASE" --heapallindexed --verbose --no-password --jobs="$cores" 2>&1 </dev/null
  echo "exit $?"
} | awk '
  /^pg_amcheck: checking heap table "/ { heap++; next }
  /^pg_amcheck: checking btree index "/ { btree++; next }
  /^pg_amcheck: including database "/ { next }
  /^pg_amcheck: in database "[^"]*": using amcheck version / { databases++; next }
  /^exit [0-9]+$/ { code = $2; next }
  /^ *$/ { next }
  { if (told++ < 40) print "finding " $0 }
  END { printf "databases %d\\nheap %d\\nbtree %d\\nexit %s\\nend\\n", databases, heap, btree, code == "" ? "-" : code }
'
`;

/** Of one database by its catalog: what amcheck can look at, and what it cannot. */
export interface Checkable {
  readonly database: string;
  readonly heap: number;
  readonly btree: number;
  /** Indexes of other kinds. */
  readonly others: number;
  /** Its catalog cannot be read. */
  readonly error?: string | undefined;
}

/** Temporary and, in recovery, unlogged relations have no content that could be checked. */
export const checkableQuery = `
select count(*) filter (where am.amname = 'heap' and c.relkind in ('r', 'm', 't'))::int as heap,
  count(*) filter (where am.amname = 'btree' and c.relkind = 'i' and i.indisready and i.indisvalid)::int as btree,
  count(*) filter (where am.amname <> 'btree' and c.relkind = 'i')::int as others
from pg_class c join pg_am am on am.oid = c.relam left join pg_index i on i.indexrelid = c.oid
where c.relpersistence = 'p'`;

/** What PostgreSQL 13 can check: each index, and that each row of its table is in it. */
export const btreeQuery = `
select count(*)::int as checked from (
  select bt_index_check(c.oid::regclass, true)
  from pg_class c join pg_am am on am.oid = c.relam join pg_index i on i.indexrelid = c.oid
  where am.amname = 'btree' and c.relkind = 'i' and c.relpersistence = 'p' and i.indisready and i.indisvalid
  offset 0) as each`;

export interface AmcheckRun {
  readonly databases: number;
  /** Absent where only indexes can be checked. */
  readonly heap?: number | undefined;
  readonly btree: number;
  readonly exitCode: number;
  readonly findings: readonly string[];
}

/** Undefined when its words are not whole. */
export function readAmcheck({ stdout }: Ended): AmcheckRun | undefined {
  const lines = stdout.split("\n");
  const count = (name: string): number => {
    const line = lines.find((one) => new RegExp(`^${name} \\d+$`).test(one));
    return line === undefined ? NaN : Number(line.split(" ")[1]);
  };
  const run = {
    ...{ databases: count("databases"), heap: count("heap") },
    ...{ btree: count("btree"), exitCode: count("exit") },
    findings: lines
      .filter((line) => line.startsWith("finding "))
      .map((line) => line.slice(8)),
  };
  const isWhole =
    lines.includes("end") && !Number.isNaN(run.exitCode + run.heap + run.btree);
  return isWhole ? run : undefined;
}

/**
 * V6: every table and every B-tree index that the catalogs name was checked, and nothing was found. Exit code 0 alone says
 * little: the tool ends with it when it has skipped every database.
 */
export function judgeAmcheck(
  run: AmcheckRun,
  checkable: readonly Checkable[],
  closed: readonly string[] = [],
): Judged {
  const sum = (of: "heap" | "btree" | "others") =>
    checkable.reduce((total, one) => total + one[of], 0);
  const tables =
    run.heap === undefined ? "no" : `${run.heap} of ${sum("heap")}`;
  const measured = `${tables} tables and ${run.btree} of ${sum("btree")} B-tree indexes in ${run.databases} of ${checkable.length} databases`;
  const faults = [
    ...checkable.flatMap(({ database, error }) =>
      error === undefined
        ? []
        : [{ reason: `the catalog of ${database}: ${error}`, hint: discard }],
    ),
    ...findingFaults(run),
    ...skippedFaults(run, checkable),
    ...closed.map(closedFault),
  ];
  if (faults.length === 0 && isShort(run, sum("heap"), sum("btree")))
    faults.push({
      reason: "not every table and index was checked",
      hint: "Run pg_amcheck on the scratch instance by hand and see which it passes over.",
    });
  const others =
    sum("others") === 0
      ? ""
      : `; amcheck knows nothing of ${sum("others")} indexes of other kinds`;
  const what =
    run.heap === undefined
      ? "each row is in its indexes; PostgreSQL 13 checks no tables by themselves"
      : "tables are well formed and their rows are in their indexes";
  return judged("V6", measured, faults, `${what}${others}`);
}

const isShort = (run: AmcheckRun, heap: number, btree: number): boolean =>
  run.btree === 0 ||
  run.btree < btree ||
  (run.heap !== undefined && (run.heap === 0 || run.heap < heap));

const isSkip = (line: string): boolean => line.includes("skipping database");

function findingFaults({ findings, exitCode }: AmcheckRun): Fault[] {
  const found = findings.filter((line) => !isSkip(line));
  if (found.length === 0 && (exitCode === 0 || findings.length > 0)) return [];
  const reason = `pg_amcheck ended with ${exitCode}: ${said(found.join("\n"))}`;
  return [{ reason, hint: discard }];
}

function skippedFaults(
  { findings, databases }: AmcheckRun,
  checkable: readonly Checkable[],
): Fault[] {
  const skipped = findings.filter(isSkip);
  const missing = checkable.length - databases;
  if (skipped.length === 0 && missing <= 0 && checkable.length > 0) return [];
  return [
    {
      reason: `databases were skipped: ${said(skipped.join("\n")) || `${missing} of ${checkable.length}`}`,
      hint: "Create the extension amcheck in each database of the primary, then take a new backup: a scratch instance is read-only.",
    },
  ];
}
