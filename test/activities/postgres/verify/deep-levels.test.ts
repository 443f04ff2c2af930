import { judgePages } from "../../../../activities/postgres/verify/v4-pages";
import {
  judgeRestore,
  type Opening,
} from "../../../../activities/postgres/verify/v5-restore";
import {
  judgeAmcheck,
  readAmcheck,
} from "../../../../activities/postgres/verify/v6-amcheck";
import {
  judgeDumps,
  readDumps,
} from "../../../../activities/postgres/verify/v7-dump";
import { judgeSentinel } from "../../../../activities/postgres/verify/v9-sentinel";
import type { BackupClaim } from "../../../../activities/postgres/verify/port";

const ended = (stdout: string, exitCode = 0, stderr = "") => ({
  ...{ stdout, exitCode, stderr },
});

describe("V4, page checksums", () => {
  const scanned = (blocks: number, bad: number) =>
    `Checksum operation completed\nFiles scanned:  3\nBlocks scanned: ${blocks}\nBad checksums:  ${bad}\n`;

  it("passes when pages were scanned and none is bad", () => {
    expect(judgePages(ended(scanned(4882, 0)))).toMatchObject({
      ...{ verdict: "pass", measured: "0 of 4882 pages bad" },
    });
  });

  it.each([
    ["a page is bad", ended(scanned(4882, 1), 1)],
    ["no page was scanned", ended(scanned(0, 0))],
    ["it says nothing", ended("")],
  ])("fails when %s", (_when, tool) => {
    expect(judgePages(tool).verdict).toBe("fail");
  });

  it("is not possible, and no pass, where the cluster has none", () => {
    const said =
      "pg_checksums: error: data checksums are not enabled in cluster\n";
    expect(judgePages(ended("", 1, said)).verdict).toBe("not possible");
  });
});

describe("V5, a restore", () => {
  const claim = {
    ...{ systemIdentifier: "77", endLsn: "0/E00100" },
  } as BackupClaim;
  const state: NonNullable<Opening["state"]> = {
    ...{ recovering: true, pause: "paused", lsn: "0/E00100", system: "77" },
    ...{
      version: "17.2",
      checksums: "on",
      xmin: "738",
      xmax: "738",
      unsealed: null,
    },
    ...{ superuser: "postgres", databases: [], failures: 0 },
  };
  const good: Opening = {
    ...{ ended: ended(""), state, labelUsed: true, consistent: true },
  };

  it("passes for a server that stands still, consistent and sealed", () => {
    expect(judgeRestore(good, claim).verdict).toBe("pass");
  });

  it.each<[string, Partial<Opening>]>([
    ["no server starts", { state: undefined }],
    ["it has not read its label", { labelUsed: false }],
    ["its log does not say that it is consistent", { consistent: false }],
    ["it has left recovery", { state: { ...state, recovering: false } }],
    ["it replays on", { state: { ...state, pause: "not paused" } }],
    ["it stands before the end", { state: { ...state, lsn: "0/E000FF" } }],
    ["it has replayed nothing", { state: { ...state, lsn: null } }],
    ["it is another cluster", { state: { ...state, system: "78" } }],
    [
      "it could reach an archive",
      { state: { ...state, unsealed: ["archive_mode = on"] } },
    ],
    ["a page failed its checksum", { state: { ...state, failures: 1 } }],
    ["nobody may read it all", { state: { ...state, superuser: null } }],
  ])("fails when %s", (_when, change) => {
    expect(judgeRestore({ ...good, ...change }, claim).verdict).toBe("fail");
  });
});

describe("V6, amcheck", () => {
  const shop = { database: "shop", heap: 114, btree: 167, others: 2 };
  const run = (more = "", exit = 0, databases = 1, heap = 114, btree = 167) =>
    readAmcheck(
      ended(
        `${more}databases ${databases}\nheap ${heap}\nbtree ${btree}\nexit ${exit}\nend\n`,
      ),
    )!;

  it("passes when everything that the catalogs name was checked", () => {
    expect(judgeAmcheck(run(), [shop])).toMatchObject({
      verdict: "pass",
      reason: expect.stringContaining("2 indexes of other kinds"),
    });
  });

  it("fails for a skipped database, though the tool ends with 0", () => {
    const said =
      'finding pg_amcheck: warning: skipping database "shop": amcheck is not installed\n';
    const judged = judgeAmcheck(run(said, 0, 0, 0, 0), [shop]);
    expect(judged).toMatchObject({
      verdict: "fail",
      hint: expect.stringContaining("extension amcheck"),
    });
  });

  it.each([
    ["a table was passed over", run("", 0, 1, 113)],
    ["an index was passed over", run("", 0, 1, 114, 166)],
    ["something was found", run("finding heap table ...\n", 2)],
    ["it ended badly without a word", run("", 1)],
    ["it spoke though it ended well", run("finding what is this?\n")],
  ])("fails when %s", (_when, one) => {
    expect(judgeAmcheck(one, [shop]).verdict).toBe("fail");
  });

  it("fails when there was nothing to check", () => {
    expect(judgeAmcheck(run("", 0, 0, 0, 0), []).verdict).toBe("fail");
  });

  it("fails for a database that lets nobody in", () => {
    expect(judgeAmcheck(run(), [shop], ["ledger"]).reason).toMatch(/ledger/);
  });

  it("fails when a catalog could not be read", () => {
    const broken = { ...shop, error: "invalid page" };
    expect(judgeAmcheck(run(), [broken]).verdict).toBe("fail");
  });

  it("says of PostgreSQL 13 that tables are not checked by themselves", () => {
    const { heap: _heap, ...indexes } = run();
    expect(judgeAmcheck(indexes, [shop])).toMatchObject({
      verdict: "pass",
      reason: expect.stringContaining("13 checks no tables"),
    });
  });

  it("is not taken for whole when its end is missing", () => {
    expect(readAmcheck(ended("databases 1\nheap 1\n"))).toBeUndefined();
  });
});

describe("V7, a dump", () => {
  const whole =
    "1 tables 5\n1 exit 0\n2 tables 1\n2 exit 0\nglobals exit 0\nglobals says \nend\n";
  const judge = (text: string, expected = { shop: 5, books: 1 }) =>
    judgeDumps(readDumps(ended(text), ["shop", "books"])!, expected);

  it("passes when every database was dumped whole", () => {
    expect(judge(whole)).toMatchObject({
      verdict: "pass",
      measured: "6 tables of 2 databases, and the globals",
    });
  });

  it.each([
    ["a dump failed", whole.replace("1 exit 0", "1 says no\n1 exit 1")],
    ["the globals failed", whole.replace("globals exit 0", "globals exit 1")],
    ["a table is missing", whole.replace("1 tables 5", "1 tables 4")],
  ])("fails when %s", (_when, text) => {
    expect(judge(text).verdict).toBe("fail");
  });

  it("is not taken for whole when a dump has not ended", () => {
    const cut = whole.replace("2 exit 0\n", "");
    expect(readDumps(ended(cut), ["shop", "books"])).toBeUndefined();
    expect(readDumps(ended(""), ["shop"])).toBeUndefined();
  });

  it("fails when there is no database", () => {
    const none = readDumps(ended("globals exit 0\nend\n"), [])!;
    expect(judgeDumps(none, {}).verdict).toBe("fail");
  });
});

describe("V9, the sentinel", () => {
  const sentinel = {
    ...{ name: "before", lsn: "0/E00000", at: "2026-11-26T22:27:44.371Z" },
  };
  const behind = { replayLsn: "0/E00100" };

  it("passes when the very row is there", () => {
    expect(judgeSentinel([sentinel], sentinel, behind).verdict).toBe("pass");
  });

  it.each([
    ["there is none", [], behind],
    ["it is another run's", [{ at: "2026-11-25T22:27:44.371Z" }], behind],
    ["the copy stands before it", [sentinel], { replayLsn: "0/D00000" }],
  ])("fails when %s", (_when, rows, at) => {
    expect(judgeSentinel(rows, sentinel, at).verdict).toBe("fail");
  });
});
