import { createSql } from "../../../../activities/postgres/client";
import type { Row } from "../../../../activities/postgres/port";
import { ensureTables } from "../../../../activities/postgres/slot/owned-rows";
import {
  comparingSettings,
  databasesQuery,
  sumQuery,
  tablesQuery,
} from "../../../../activities/postgres/verify/rows-sql";
import { asJson } from "../../../../activities/postgres/verify/scratch-sql";
import {
  type ScratchState,
  stateQuery,
} from "../../../../activities/postgres/verify/v5-restore";
import { sentinelQuery } from "../../../../activities/postgres/verify/v9-sentinel";
import { describeWhen } from "../../../harness/describe-when";
import {
  embedded,
  type Embedded,
  embeddedMissing,
  majors,
} from "../../../harness/embedded";

const sql = createSql();
const options = { applicationName: "rb_statements" };
const at = { xmin: "1000000000", xmax: "1000000000" };

describeWhen(embeddedMissing())("the questions of a verification", () => {
  describe.each(majors)("on PostgreSQL %i", (major) => {
    let server: Embedded;
    beforeAll(async () => {
      server = await embedded(major);
      await server.cluster.sql(
        'CREATE TABLE "odd name"(a int, b text); INSERT INTO "odd name" VALUES (1, NULL), (2, \'two\')',
      );
    });
    afterAll(() => server.stop());

    const ask = <T extends Row>(query: string) =>
      sql.withSession(server.sql, options, async (session) => {
        await ensureTables(session);
        for (const setting of comparingSettings) await session.query(setting);
        return session.query<T>(query);
      });

    it("list tables and databases", async () => {
      await expect(ask(tablesQuery(at.xmin))).resolves.toContainEqual(
        expect.objectContaining({ name: 'public."odd name"', known: true }),
      );
      await expect(ask(databasesQuery(at.xmin))).resolves.toContainEqual({
        ...{ name: "postgres", known: true },
      });
    });

    it("sum rows, also as JSON", async () => {
      const query = sumQuery('public."odd name"', at);
      const [sum] = await ask(query);
      expect(sum).toMatchObject({ known: "2", unsure: "0", later: "0" });
      expect(sum).toMatchObject({ sum: "-15451876336036737208" });
      await expect(ask(asJson(query))).resolves.toEqual([{ coalesce: [sum] }]);
    });

    it("ask where a server stands, which is no scratch instance here", async () => {
      const [row] = await ask<{ row_to_json: ScratchState }>(stateQuery(major));
      expect(row?.row_to_json).toMatchObject({
        ...{
          recovering: false,
          pause: "ended",
          superuser: "postgres",
          failures: 0,
        },
        unsealed: [expect.stringContaining("listen_addresses")],
      });
    });

    it("look for a sentinel by a name that says nothing else", async () => {
      const query = sentinelQuery("run", "it's \\ here");
      await expect(ask(query)).resolves.toEqual([]);
    });
  });
});
