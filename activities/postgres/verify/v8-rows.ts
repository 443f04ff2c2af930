import { bytesInWords } from "../../bytes-in-words";
import { discard, type Fault, type Judged, judged } from "./judged";
import type { RowSum, TableFacts } from "./rows-sql";

/**
 * V8 compares a scratch copy, which stands still, with a primary, which goes on. The rule needs no statistics of the server, which
 * may be late, reset or lost:
 *
 * Let x be the oldest transaction that was open where the scratch copy stands, and y the first that had not begun. A row that the
 * primary shows now and that was inserted by a transaction before x was in the table there already, and a row never changes:
 * an update makes a new one. So of these known rows the primary may have lost some since, by update or delete, but it has none
 * that the copy lacks. Where both have the same number of known rows, they must be the very same: count and sum of hashes
 * agree, or the copy is wrong. Where the primary has fewer, the table has changed, and it is not comparable; where it has
 * more, the copy lost rows. With a row from between x and y, on either side, nobody can tell, and the table is not comparable;
 * neither is a rewritten one, or one whose columns were altered. Rows from y on are new, so that a table that only grew is
 * compared.
 *
 * So a changed table never passes for what it was: a pass says that the copy holds the rows that the primary still has from
 * then, and no others.
 */
export type TableVerdict =
  | { readonly verdict: "pass"; readonly rows: bigint }
  | { readonly verdict: "fail" | "not comparable"; readonly reason: string };

export interface ComparedTable {
  readonly name: string;
  readonly bytes: number;
  readonly outcome: TableVerdict;
}

const notComparable = (reason: string): TableVerdict => ({
  verdict: "not comparable",
  reason,
});
const fail = (reason: string): TableVerdict => ({ verdict: "fail", reason });

/** What the catalogs alone say; undefined when the rows must be read. */
export function judgeCatalogs(
  primary: TableFacts | undefined,
  copy: TableFacts | undefined,
): TableVerdict | undefined {
  if (copy === undefined)
    return primary?.known === true
      ? fail("the table is missing in the copy")
      : notComparable("created or altered since");
  if (primary === undefined) return notComparable("dropped since");
  if (primary.file !== copy.file)
    return primary.known
      ? fail(
          `the copy keeps it in file ${copy.file}, the primary in ${primary.file}`,
        )
      : notComparable("rewritten since");
  if (primary.columns !== copy.columns)
    return notComparable("its columns were altered since");
  return undefined;
}

export function judgeRows(primary: RowSum, copy: RowSum): TableVerdict {
  const [now, then] = [BigInt(primary.known), BigInt(copy.known)];
  if (now > then)
    return fail(
      `the primary has ${now} rows from before the backup, the copy ${then}`,
    );
  if (now < then)
    return notComparable(`${then - now} rows were updated or deleted since`);
  if (primary.sum !== copy.sum)
    return fail(`${then} rows on both sides, with different content`);
  const unsure =
    BigInt(copy.unsure) + BigInt(copy.later) + BigInt(primary.unsure);
  if (unsure !== 0n)
    return notComparable(
      `${unsure} rows of transactions that were open as the backup ended`,
    );
  return { verdict: "pass", rows: then };
}

/** Under a lock and behind its replay, both sides must be the same, whatever happened before. */
export function judgeLocked(primary: RowSum, copy: RowSum): TableVerdict {
  if (primary.known !== copy.known)
    return fail(
      `the primary has ${primary.known} rows, the standby ${copy.known}`,
    );
  if (primary.sum !== copy.sum)
    return fail(`${copy.known} rows on both sides, with different content`);
  return { verdict: "pass", rows: BigInt(copy.known) };
}

/** V8 of tables that somebody has named: each has to be comparable, and may be empty on both sides. */
export function judgeNamed(tables: readonly ComparedTable[]): Judged {
  const all = judgeComparison(tables);
  if (all.verdict === "fail") return all;
  const others = tables.filter(
    ({ outcome }) => outcome.verdict === "not comparable",
  );
  if (others.length > 0)
    return {
      ...{ level: "V8", verdict: "not comparable", measured: all.measured },
      reason: others.map(whyNot).join(", "),
      hint: "Retry when writers leave the table for a moment, or skip it.",
    };
  return judged("V8", all.measured, [], "these tables hold the primary's rows");
}

const whyNot = ({ name, outcome }: ComparedTable): string =>
  `${name} (${"reason" in outcome ? outcome.reason : ""})`;

/** V8 over all tables: one wrong table is a failure, and with none that could be compared there is no pass. */
export function judgeComparison(
  tables: readonly ComparedTable[],
  lost: readonly string[] = [],
): Judged {
  const of = (verdict: TableVerdict["verdict"]) =>
    tables.filter(({ outcome }) => outcome.verdict === verdict);
  const equal = of("pass");
  const rows = equal.reduce(
    (sum, { outcome }) => sum + ("rows" in outcome ? outcome.rows : 0n),
    0n,
  );
  const size = (some: readonly ComparedTable[]) =>
    some.reduce((sum, { bytes }) => sum + bytes, 0);
  const measured = `${equal.length} of ${tables.length} tables equal: ${rows} rows, ${bytesInWords(size(equal))} of ${bytesInWords(size(tables))}`;
  const faults: Fault[] = [
    ...lost.map((name) => ({
      reason: `the database ${name} is missing in the copy`,
      hint: discard,
    })),
    ...of("fail").map(({ name, outcome }) => ({
      reason: `${name}: ${"reason" in outcome ? outcome.reason : ""}`,
      hint: discard,
    })),
  ];
  const others = of("not comparable");
  const why = others.slice(0, 5).map(whyNot).join(", ");
  if (faults.length === 0 && rows === 0n)
    return {
      ...{ level: "V8", verdict: "not comparable", measured },
      reason:
        why === "" ? "there are no rows to compare" : `not comparable: ${why}`,
      hint: "Compare chosen tables under a lock once the standby streams, or accept the other levels.",
    };
  const rest =
    others.length === 0
      ? ""
      : `; not comparable: ${why}${others.length > 5 ? ` and ${others.length - 5} more` : ""}`;
  return judged(
    "V8",
    measured,
    faults,
    `these tables hold the primary's rows${rest}`,
  );
}
