import path from "node:path";
import { createSql } from "../../../activities/postgres/client";
import type { SqlSession } from "../../../activities/postgres/port";
import { askPrimary } from "../../../activities/postgres/preflight/ask-primary";
import { ensureTables } from "../../../activities/postgres/slot/owned-rows";
import { describeWhen } from "../../harness/describe-when";
import {
  embedded,
  embeddedMissing,
  majors,
  noPrograms,
  serverOf,
  type Embedded,
} from "../../harness/embedded";
import { sqlTextsIn } from "../../harness/sql-texts";

const folder = path.resolve(__dirname, "../../../activities/postgres");
/** Those of `versions.ts` are each for some majors; below they are asked as parts of others. */
const texts = sqlTextsIn(folder).filter(
  ({ at }) => !at.startsWith("versions.ts"),
);

/** Put together at run time, and why nothing is missed for it. */
const putTogether: Readonly<Record<string, string>> = {
  "preflight/questions.ts": "asked below by preflight itself",
  "slot/owned-rows.ts": "asked of every major by the test of its slots",
  "switchover/client-limits.ts": "its conditions are those of the next text",
  "verify/rows-sql.ts": "asked in verify/statements.majors.test.ts",
  "verify/scratch-sql.ts": "asked in verify/statements.majors.test.ts",
  "verify/v5-restore.ts": "asked in verify/statements.majors.test.ts",
  "verify/v9-sentinel.ts": "asked in verify/statements.majors.test.ts",
};

const sql = createSql();
const options = { applicationName: "rb_statements" };

async function refusalsOf(session: SqlSession): Promise<readonly string[]> {
  const refusals: string[] = [];
  for (const { at, text } of texts) {
    if (text === undefined) continue;
    try {
      await session.query(`prepare asked as ${text}`);
      await session.query("deallocate asked");
    } catch (error) {
      refusals.push(`${at}: ${String(error)}`);
    }
  }
  return refusals;
}

describe("the statements of the product", () => {
  it("are found in its code, but for those that are known to be put together", () => {
    expect(
      texts.filter(({ text }) => text !== undefined).length,
    ).toBeGreaterThan(50);
    const unknown = texts
      .filter(({ text }) => text === undefined)
      .map(({ at }) => at.replace(/:\d+$/, ""));
    expect([...new Set(unknown)]).toEqual(Object.keys(putTogether));
  });
});

describeWhen(embeddedMissing())("a server of every major", () => {
  describe.each(majors)("PostgreSQL %i", (major) => {
    let server: Embedded;

    beforeAll(async () => {
      server = await embedded(major);
    });
    afterAll(() => server.stop());

    it("understands every statement of the product", async () => {
      await server.cluster.sql("create extension amcheck");
      const refusals = await sql.withSession(
        server.sql,
        options,
        async (session) => {
          await ensureTables(session);
          return refusalsOf(session);
        },
      );
      expect(refusals).toEqual([]);
    });

    it("has an answer to every question of preflight", async () => {
      const primary = serverOf("primary", server, server.cluster);
      const facts = await sql.withSession(server.sql, options, (session) =>
        askPrimary({
          ...{ session, primary, ours: "rb_preflight" },
          ...{ longTransactionMs: 1, ports: { sql, programs: noPrograms } },
        }),
      );
      const unanswered = Object.entries(facts).filter(
        ([, fact]) => "unmeasured" in fact,
      );
      expect(unanswered).toEqual([]);
      expect(facts.identity).toMatchObject({
        value: { isInRecovery: false, timeline: 1 },
      });
    });
  });
});
