import fc from "fast-check";
import {
  canTellApart,
  type RowSum,
  type TableFacts,
} from "../../../../activities/postgres/verify/rows-sql";
import {
  judgeCatalogs,
  judgeComparison,
  judgeLocked,
  judgeNamed,
  judgeRows,
} from "../../../../activities/postgres/verify/v8-rows";

/** A row of a table: who inserted it, what it holds, and who deleted it. */
interface Version {
  readonly xmin: number;
  readonly hash: number;
  readonly xmax?: number;
}

/** The oldest transaction that was open where the copy stands, and the first that had not begun. */
interface Moment {
  readonly xmin: number;
  readonly open: ReadonlySet<number>;
  readonly xmax: number;
}

const isVisible = ({ xmin, xmax = Infinity }: Version, at: Moment): boolean => {
  const hasEnded = (xid: number) => xid < at.xmax && !at.open.has(xid);
  return hasEnded(xmin) && !hasEnded(xmax);
};

function sumOf(
  rows: readonly Version[],
  at: Pick<Moment, "xmin" | "xmax">,
): RowSum {
  const known = rows.filter(({ xmin }) => xmin < at.xmin);
  const later = rows.filter(({ xmin }) => xmin >= at.xmax);
  return {
    known: String(known.length),
    unsure: String(rows.length - known.length - later.length),
    later: String(later.length),
    sum: String(known.reduce((sum, { hash }) => sum + hash, 0)),
  };
}

const histories = fc.record({
  versions: fc.array(
    fc.record({
      xmin: fc.integer({ min: 1, max: 40 }),
      hash: fc.integer({ min: 1, max: 1_000_000 }),
      lived: fc.option(fc.integer({ min: 1, max: 40 }), { nil: undefined }),
    }),
    { maxLength: 12 },
  ),
  at: fc.integer({ min: 5, max: 30 }),
  open: fc.uniqueArray(fc.integer({ min: 1, max: 29 }), { maxLength: 3 }),
  now: fc.integer({ min: 30, max: 60 }),
});

function play(
  history: typeof histories extends fc.Arbitrary<infer T> ? T : never,
) {
  const versions: Version[] = history.versions.map(({ xmin, hash, lived }) => ({
    ...{ xmin, hash },
    ...(lived === undefined ? {} : { xmax: xmin + lived }),
  }));
  const open = new Set(history.open.filter((xid) => xid < history.at));
  const then: Moment = {
    xmin: Math.min(history.at, ...open),
    ...{ open, xmax: history.at },
  };
  const now: Moment = { xmin: history.now, open: new Set(), xmax: history.now };
  return {
    then,
    copy: versions.filter((row) => isVisible(row, then)),
    primary: versions.filter((row) => isVisible(row, now)),
  };
}

describe("the comparison of rows", () => {
  it("never accuses a copy that is right, whatever the primary did since", () => {
    fc.assert(
      fc.property(histories, (history) => {
        const { then, copy, primary } = play(history);
        const judged = judgeRows(sumOf(primary, then), sumOf(copy, then));
        expect(judged.verdict).not.toBe("fail");
      }),
    );
  });

  it("never passes a copy that lost or changed a row", () => {
    fc.assert(
      fc.property(histories, fc.nat(), fc.boolean(), (history, at, isLost) => {
        const { then, copy, primary } = play(history);
        fc.pre(copy.length > 0);
        const hit = at % copy.length;
        const spoiled = copy.flatMap((row, n) =>
          n !== hit ? [row] : isLost ? [] : [{ ...row, hash: row.hash + 1 }],
        );
        const sums = [sumOf(primary, then), sumOf(spoiled, then)] as const;
        // What the primary has deleted since, nobody can miss.
        fc.pre(!isLost || primary.includes(copy[hit]!));
        expect(judgeRows(...sums).verdict).not.toBe("pass");
      }),
    );
  });

  it("passes a table that only grew", () => {
    const copy = { known: "20", unsure: "0", later: "0", sum: "77" };
    expect(judgeRows({ ...copy, later: "5" }, copy)).toEqual({
      ...{ verdict: "pass", rows: 20n },
    });
  });

  it.each([
    ["fewer rows", { known: "19", unsure: "0", later: "0", sum: "70" }],
    ["updated rows", { known: "19", unsure: "0", later: "1", sum: "70" }],
  ])("calls a table with %s since not comparable", (_what, primary) => {
    const copy = { known: "20", unsure: "0", later: "0", sum: "77" };
    expect(judgeRows(primary, copy).verdict).toBe("not comparable");
  });

  it("does not pass rows that it cannot compare with anything", () => {
    const copy = { known: "20", unsure: "1", later: "0", sum: "77" };
    expect(judgeRows(copy, copy).verdict).toBe("not comparable");
  });

  it("does not trust 32 bits over more than 2^31 transactions", () => {
    expect(canTellApart("738", "2147484385")).toBe(true);
    expect(canTellApart("738", "2147484386")).toBe(false);
  });

  it("demands the very same under a lock", () => {
    const rows = { known: "20", unsure: "0", later: "0", sum: "77" };
    expect(judgeLocked(rows, rows).verdict).toBe("pass");
    expect(judgeLocked({ ...rows, known: "21" }, rows).verdict).toBe("fail");
    expect(judgeLocked({ ...rows, sum: "78" }, rows).verdict).toBe("fail");
  });
});

describe("the comparison of catalogs", () => {
  const facts: TableFacts = {
    ...{ oid: "16400", name: "public.orders", file: "16400" },
    ...{ columns: "aa", bytes: "8192", known: true },
  };
  const since = { ...facts, known: false };

  it("says nothing where the rows must be read", () => {
    expect(judgeCatalogs(facts, facts)).toBeUndefined();
  });

  it.each([
    ["a table that was there is missing", facts, undefined],
    [
      "a table that was not touched lies in another file",
      facts,
      { ...facts, file: "1" },
    ],
  ])("fails when %s", (_when, primary, copy) => {
    expect(judgeCatalogs(primary, copy)?.verdict).toBe("fail");
  });

  it.each([
    ["created", since, undefined],
    ["dropped", undefined, facts],
    ["rewritten", { ...since, file: "2" }, facts],
    ["altered", { ...since, columns: "bb" }, facts],
  ])(
    "calls a table that was %s since not comparable",
    (_how, primary, copy) => {
      expect(judgeCatalogs(primary, copy)?.verdict).toBe("not comparable");
    },
  );
});

describe("V8", () => {
  const table = (
    outcome: Parameters<typeof judgeComparison>[0][0]["outcome"],
  ) => ({
    ...{ name: "shop public.orders", bytes: 8192, outcome },
  });
  const equal = table({ verdict: "pass", rows: 20n });
  const changed = table({ verdict: "not comparable", reason: "changed" });
  const wrong = table({ verdict: "fail", reason: "19 rows" });

  it("passes with what it compared, and names the rest", () => {
    expect(judgeComparison([equal, changed])).toMatchObject({
      verdict: "pass",
      measured: "1 of 2 tables equal: 20 rows, 8 kB of 16 kB",
      reason: expect.stringContaining("not comparable: shop public.orders"),
    });
  });

  it.each([
    ["nothing could be compared", [changed]],
    ["there are no tables", []],
    ["the tables are empty", [table({ verdict: "pass", rows: 0n })]],
  ])("is no pass when %s", (_when, tables) => {
    expect(judgeComparison(tables).verdict).toBe("not comparable");
  });

  it("passes named tables only when each could be compared, empty ones too", () => {
    expect(judgeNamed([equal, changed])).toMatchObject({
      verdict: "not comparable",
      reason: "shop public.orders (changed)",
    });
    expect(judgeNamed([equal, wrong, changed]).verdict).toBe("fail");
    const empty = table({ verdict: "pass", rows: 0n });
    expect(judgeNamed([equal]).verdict).toBe("pass");
    expect(judgeNamed([empty]).verdict).toBe("pass");
  });

  it("fails for one wrong table among equal ones, and for a lost database", () => {
    expect(judgeComparison([equal, wrong]).verdict).toBe("fail");
    expect(judgeComparison([equal], ["books"]).verdict).toBe("fail");
  });
});
