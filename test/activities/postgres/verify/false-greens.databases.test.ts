import type { Sentinel } from "../../../../activities/postgres/slot/port";
import type { BackupClaim } from "../../../../activities/postgres/verify/port";
import { describeWhen } from "../../../harness/describe-when";
import { postgresMissing } from "../../../harness/postgres-cluster";
import { BackupLab, hasFailed } from "./backup-lab";
import { Copy } from "./copy";
import type { FalseGreen, Materials } from "./false-greens/false-green";
import { inBarePages } from "./false-greens/in-bare-pages";
import { inBytes } from "./false-greens/in-bytes";
import { inChecksummed } from "./false-greens/in-checksummed";
import { inManifest } from "./false-greens/in-manifest";
import { inWal } from "./false-greens/in-wal";
import { makeSource } from "./spoiled-source";

jest.setTimeout(180_000);

/** A primary with its backups, each taken once and copied for every case. */
interface Stage {
  readonly lab: BackupLab;
  readonly sentinel: Sentinel;
  readonly backup: BackupClaim;
  readonly from: Omit<Materials, "foreign">;
}

async function prepare(checksums: boolean): Promise<Stage> {
  const lab = await BackupLab.start({ checksums });
  const { primary, folder } = lab.pg;
  const source = await makeSource(primary, folder);
  const older = await lab.backup();
  const sentinel = await lab.sentinel("before");
  await primary.sql("DROP EXTENSION amcheck", "books");
  const withoutAmcheck = await lab.backup();
  await primary.sql("CREATE EXTENSION amcheck", "books");
  const backup = await lab.backup();
  const { dataDirectory } = primary;
  return {
    lab,
    sentinel,
    backup,
    from: { source, dataDirectory, older, withoutAmcheck },
  };
}

describeWhen(postgresMissing())("what some tool says ok to", () => {
  let summed: Stage;
  let bare: Stage;
  beforeAll(async () => {
    [summed, bare] = await Promise.all([prepare(true), prepare(false)]);
  });
  afterAll(() => Promise.all([summed.lab.stop(), bare.lab.stop()]));

  /** What the first level that caught it says; undefined when all passed. */
  async function caught(
    { lab, backup, sentinel, from }: Stage,
    { spoil }: FalseGreen,
    foreign: BackupClaim,
  ) {
    const copy = Copy.of(backup, lab.nextFolder());
    try {
      await spoil(copy, { ...from, foreign });
      return (await lab.verify(copy.claim, sentinel)).find(hasFailed);
    } finally {
      copy.drop();
    }
  }

  const cases = [...inManifest, ...inBytes, ...inWal, ...inChecksummed];
  it.each(cases.map((one) => [one.title, one.level, one] as const))(
    "%s: caught by %s",
    async (_title, level, one) => {
      const result = await caught(summed, one, bare.backup);
      expect(result).toMatchObject({
        level,
        reason: expect.stringMatching(one.reason),
      });
    },
  );

  it.each(inBarePages.map((one) => [one.title, one.level, one] as const))(
    "without page checksums, %s: caught by %s",
    async (_title, level, one) => {
      const result = await caught(bare, one, summed.backup);
      expect(result).toMatchObject({
        level,
        reason: expect.stringMatching(one.reason),
      });
    },
  );

  it.each(["with", "without"])(
    "none of it is found in a good backup %s page checksums",
    async (way) => {
      const { lab, backup, sentinel } = way === "with" ? summed : bare;
      const results = await lab.verify(backup, sentinel);
      const verdicts = Object.fromEntries(
        results.map(({ level, verdict }) => [level, verdict]),
      );
      expect(verdicts).toEqual({
        ...{ V1: "pass", V2: "pass", V3: "pass", V5: "pass" },
        ...{ V6: "pass", V7: "pass", V8: "pass", V9: "pass" },
        V4: way === "with" ? "pass" : "not possible",
      });
    },
  );
});
