import { compareRows } from "../../../../activities/postgres/verify/compare-rows";
import { discardScratch } from "../../../../activities/postgres/verify/discard-scratch";
import { openScratch } from "../../../../activities/postgres/verify/open-scratch";
import type {
  BackupClaim,
  CompareOrder,
} from "../../../../activities/postgres/verify/port";
import { scratchEnv } from "../../../../activities/postgres/verify/scratch-sql";
import { describeWhen } from "../../../harness/describe-when";
import { postgresMissing } from "../../../harness/postgres-cluster";
import { BackupLab } from "./backup-lab";
import { Copy } from "./copy";

jest.setTimeout(180_000);

/** Its rows read otherwise under every setting below. */
const told = `
CREATE TABLE told(at timestamptz, spell interval, ratio float8, bytes bytea, other regclass, quoted regclass);
INSERT INTO told SELECT timestamptz '2026-03-04 05:06:07+00', interval '1 day 02:03:04', 1.0 / 3.0, '\\x00ff', 'public.counted', 'public.counted'
  FROM generate_series(1, 20);
`;

/** Counted by its index alone, for that is a tenth of the pages, and each row is known to be seen by everybody. */
const counted = `
CREATE TABLE counted(id int PRIMARY KEY, text text);
INSERT INTO counted SELECT n, repeat(md5(n::text), 32) FROM generate_series(1, 2000) n;
VACUUM (FREEZE, ANALYZE) counted;
CHECKPOINT;
`;

const settings = {
  datestyle: "SQL, DMY",
  timezone: "Asia/Tokyo",
  intervalstyle: "iso_8601",
  extra_float_digits: "-5",
  bytea_output: "escape",
  quote_all_identifiers: "on",
  search_path: "public",
};

describeWhen(postgresMissing())("rows that are compared", () => {
  let lab: BackupLab;
  let backup: BackupClaim;
  beforeAll(async () => {
    lab = await BackupLab.start();
    await lab.pg.primary.sql(counted + told, "shop");
    backup = await lab.backup();
  });
  afterAll(() => lab.stop());

  /** With a scratch instance of that copy, which goes away again. */
  async function withScratch(
    claim: BackupClaim,
    work: (order: CompareOrder) => Promise<void>,
  ): Promise<void> {
    const order = lab.order(claim);
    const { scratch } = await openScratch(lab.work, order);
    try {
      const { primary } = lab.pg.servers;
      await work({ ...order, scratch: scratch!, primary });
    } finally {
      await discardScratch(lab.work, { ...order, n: order.generation });
    }
  }

  /** As a person counts, on the scratch instance. */
  const countOf = ({ scratch }: CompareOrder): Promise<string> =>
    lab.pg.replica.run([
      "env",
      ...Object.entries(scratchEnv(scratch, "shop")).map(
        ([name, value]) => `${name}=${value}`,
      ),
      ...["psql", "-XAtq", "-c", "SELECT count(*) FROM counted"],
    ]);

  it("are not counted by their index, which is right where pages of the table are gone", async () => {
    const copy = Copy.of(backup, lab.nextFolder());
    const file = await lab.pg.primary.sql(
      "SELECT pg_relation_filepath('counted')",
      "shop",
    );
    copy.zero(file, 8_192, 8_192);
    await withScratch(copy.claim, async (order) => {
      expect((await countOf(order)).trim()).toBe("2000");
      await expect(compareRows(lab.work, order)).resolves.toMatchObject({
        ...{ level: "V8", verdict: "fail" },
        reason: expect.stringMatching(
          /shop public\.counted: the primary has 2000 rows from before the backup, the copy 19\d\d/,
        ),
      });
    });
    copy.drop();
  });

  it("read alike whatever settings the primary was given since", async () => {
    for (const [name, value] of Object.entries(settings))
      await lab.pg.primary.sql(`ALTER DATABASE shop SET ${name} = '${value}'`);
    await withScratch(backup, async (order) => {
      const { verdict, reason } = await compareRows(lab.work, order);
      expect({ verdict, reason }).toEqual({
        verdict: "pass",
        reason: "these tables hold the primary's rows",
      });
    });
  });
});
