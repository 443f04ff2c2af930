import type { Ended } from "../port";
import { discard, type Fault, type Judged, judged, said } from "./judged";
import { closedFault } from "./databases";

/**
 * $@ databases: each is dumped to nowhere, as many at once as there are cores, then the globals. Its words are counted on the
 * host: \`<number of the database> exit|tables|says ...\`.
 */
export const dumpScript = `
cores=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1)
dump() {
  {
    PGDATABASE=$2 pg_dump -Fc -Z0 --verbose --no-sync --no-password -f /dev/null 2>&1 </dev/null
    echo "exit $?"
  } | awk -v n="$1" '
    /^pg_dump: dumping contents of table "/ { tables++; next }
    /^exit [0-9]+$/ { code = $2; next }
    /^pg_dump: (error|fatal|warning|detail|hint)/ || !/^pg_dump: / { if (told++ < 8) print n " says " $0; next }
    END { print n " tables " tables + 0; print n " exit " (code == "" ? "-" : code) }
  '
}
work() {
  mine=$1 n=0
  shift
  for database in "$@"; do
    n=$((n + 1))
    [ $(((n - 1) % cores)) = "$mine" ] && dump "$n" "$database"
  done
  return 0
}
core=0
while [ $core -lt "$cores" ]; do work $core "$@" & core=$((core + 1)); done
wait
said=$(pg_dumpall --globals-only --no-sync --no-password 2>&1 >/dev/null </dev/null)
echo "globals exit $?"
printf '%s\\n' "$said" | head -n 5 | sed 's/^/globals says /'
echo end
`;

/** Tables whose rows a dump of a standby must hold: those of extensions and unlogged ones are left out. */
export const dumpableQuery = `
select count(*)::int as tables from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind = 'r' and c.relpersistence = 'p'
  and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
  and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
  and not exists (select from pg_depend d where d.classid = 'pg_namespace'::regclass and d.objid = n.oid and d.deptype = 'e')`;

export interface DumpRun {
  readonly name: string;
  readonly exitCode: number;
  readonly tables: number;
  readonly says: readonly string[];
}

/** In the order of the databases, the globals last; undefined when its words are not whole. */
export function readDumps(
  { stdout }: Ended,
  databases: readonly string[],
): readonly DumpRun[] | undefined {
  const lines = stdout.split("\n");
  const of = (key: string, name: string): DumpRun => {
    const mine = lines
      .filter((line) => line.startsWith(`${key} `))
      .map((line) => line.slice(key.length + 1));
    const count = (word: string) =>
      Number(
        mine
          .find((line) => line.startsWith(`${word} `))
          ?.slice(word.length + 1) ?? NaN,
      );
    const says = mine
      .filter((line) => line.startsWith("says "))
      .map((line) => line.slice(5));
    return {
      name,
      exitCode: count("exit"),
      tables: count("tables"),
      says: says.filter((line) => line !== ""),
    };
  };
  const runs = [
    ...databases.map((name, n) => of(String(n + 1), name)),
    of("globals", "the globals"),
  ];
  return lines.includes("end") &&
    runs.every(({ exitCode }) => !Number.isNaN(exitCode))
    ? runs
    : undefined;
}

/** V7: every database could be dumped whole: no error, and no fewer tables than its catalog has. */
export function judgeDumps(
  runs: readonly DumpRun[],
  expected: Readonly<Record<string, number>>,
  closed: readonly string[] = [],
): Judged {
  const databases = runs.filter(({ name }) => name !== "the globals");
  const tables = databases.reduce((sum, run) => sum + run.tables, 0);
  const measured = `${tables} tables of ${databases.length} databases, and the globals`;
  const faults = runs.flatMap(
    ({ name, exitCode, says, tables: dumped }): Fault[] => {
      if (exitCode !== 0)
        return [
          {
            reason: `the dump of ${name} ended with ${exitCode}: ${said(says.join("\n"))}`,
            hint: discard,
          },
        ];
      const missing = (expected[name] ?? 0) - dumped;
      return missing > 0
        ? [
            {
              reason: `the dump of ${name} lacks ${missing} tables that its catalog has`,
              hint: discard,
            },
          ]
        : [];
    },
  );
  if (databases.length === 0)
    faults.push({ reason: "there is no database to dump", hint: discard });
  return judged(
    "V7",
    measured,
    [...faults, ...closed.map(closedFault)],
    "every row can be read, and the catalogs are whole",
  );
}
