import type { BackupFacts } from "../../../../activities/postgres/verify/facts";
import type { BackupClaim } from "../../../../activities/postgres/verify/port";
import { judgeFiles } from "../../../../activities/postgres/verify/v1-files";
import { judgeChecksums } from "../../../../activities/postgres/verify/v2-checksums";
import { judgeWal } from "../../../../activities/postgres/verify/v3-wal";

const range = { timeline: 3, startLsn: "0/E00028", endLsn: "0/E00100" };
const claim: BackupClaim = {
  ...{
    backupId: "0123456789ab-1",
    path: "/pg/backups/attempts/0123456789ab-1",
  },
  ...{ systemIdentifier: "77", manifestSha256: "d463", ...range },
};
const manifest: NonNullable<BackupFacts["manifest"]> = {
  ...{ version: 2, systemIdentifier: "77", checksum: "d463" },
  ...{ algorithms: ["CRC32C"], files: 12, bytes: 2048, bare: 0, strange: 0 },
  has: ["backup_label", "global/pg_control", "PG_VERSION"],
  ...{ auto: "CRC32C aa 88", ranges: [range] },
};
const good: BackupFacts = {
  ...{ folder: claim.path, manifest, major: 17, found: [], autoBytes: 88 },
  ...{ auto: ["SHA256 bb"], links: [], histories: ["00000003.history"] },
  label: { ...range, from: "primary", isIncremental: false },
  control: { "Database system identifier": "77" },
  tablespaces: [{ oid: "16384", place: `${claim.path}.tblspc/16384` }],
  segments: [
    {
      name: "00000003000000000000000E",
      ...{ bytes: 1048576, systemIdentifier: "77" },
    },
  ],
};
const verified = {
  ...{ exitCode: 0, stdout: "backup successfully verified\n", stderr: "" },
};
const read = [{ ...range, ended: { exitCode: 0, stdout: "", stderr: "" } }];

describe("the cheap levels", () => {
  it("pass for a backup that is what was recorded", () => {
    expect(judgeFiles(good, verified, claim)).toMatchObject({
      verdict: "pass",
      measured: "12 files, 2 kB, checksums CRC32C",
    });
    expect(judgeChecksums(good, verified).verdict).toBe("pass");
    expect(judgeWal(good, read, claim).verdict).toBe("pass");
  });

  it.each<[string, Partial<BackupFacts>, RegExp]>([
    ["the folder is gone", { folder: undefined }, /no folder/],
    ["a link leads to it", { folder: "/elsewhere" }, /is a link to/],
    [
      "the manifest has other lines",
      { manifest: { ...manifest, strange: 1 } },
      /not as PostgreSQL writes/,
    ],
    [
      "it has an algorithm that proves nothing",
      { manifest: { ...manifest, algorithms: ["NONE"] } },
      /have no checksum/,
    ],
    [
      "the size of postgresql.auto.conf differs",
      { autoBytes: 89 },
      /postgresql\.auto\.conf/,
    ],
    [
      "a tablespace leads nowhere",
      { tablespaces: [{ oid: "1", place: "-" }] },
      /leads to nowhere/,
    ],
  ])("V1 fails when %s", (_when, change, reason) => {
    const judged = judgeFiles({ ...good, ...change }, verified, claim);
    expect(judged).toMatchObject({
      verdict: "fail",
      reason: expect.stringMatching(reason),
      hint: expect.any(String),
    });
  });

  it("V1 compares postgresql.auto.conf by the manifest's algorithm where the host can", () => {
    const of = (sum: string) =>
      judgeFiles(
        { ...good, manifest: { ...manifest, auto: `SHA256 ${sum} 88` } },
        ...[verified, claim],
      ).verdict;
    expect([of("bb"), of("cc")]).toEqual(["pass", "fail"]);
  });

  it("V2 does not go by the exit code alone", () => {
    const silent = { ...verified, stdout: "" };
    expect(judgeChecksums(good, silent).verdict).toBe("fail");
    const bare = { ...good, manifest: { ...manifest, bare: 12 } };
    expect(judgeChecksums(bare, verified).reason).toMatch(/12 files/);
  });

  it.each<[string, Partial<BackupFacts>, RegExp]>([
    ["there is no label", { label: undefined }, /no backup_label/],
    [
      "the manifest is of another cluster",
      { manifest: { ...manifest, systemIdentifier: "78" } },
      /the manifest says system identifier 78/,
    ],
    [
      "the control file cannot be read",
      { control: {} },
      /pg_control says system identifier none/,
    ],
    [
      "a range is empty",
      { manifest: { ...manifest, ranges: [{ ...range, endLsn: "0/E00028" }] } },
      /is empty|was not read/,
    ],
    [
      "a later timeline lies beside it",
      { histories: ["00000004.history"] },
      /of a timeline after 3/,
    ],
  ])("V3 fails when %s", (_when, change, reason) => {
    const judged = judgeWal({ ...good, ...change }, read, claim);
    expect(judged).toMatchObject({
      verdict: "fail",
      reason: expect.stringMatching(reason),
    });
  });

  it("V3 fails for a range that nobody read", () => {
    expect(judgeWal(good, [], claim).reason).toMatch(/was not read/);
  });

  it("V3 takes WAL whose owner the host cannot tell for neither", () => {
    const [segment] = good.segments;
    const segments = [{ ...segment!, systemIdentifier: "" }];
    expect(judgeWal({ ...good, segments }, read, claim).verdict).toBe("pass");
  });
});
