import { doneOf } from "../../../../activities/postgres/backup/attempts";

const line = {
  ...{ kind: "basebackup", backupId: "0123456789ab-1", systemIdentifier: "7" },
  ...{ bytes: 5, manifestSha256: "a".repeat(64), timeline: 1, tookMs: 0 },
  ...{ startLsn: "0/2000028", endLsn: "0/2000100" },
};

describe("the file that says a copy is done", () => {
  test("is read whole", () => {
    expect(doneOf(JSON.stringify(line))).toEqual(line);
  });

  test.each([
    ["cut off", JSON.stringify(line).slice(0, -5)],
    ["empty", ""],
    ["another text", "null"],
    ["without a checksum", JSON.stringify({ ...line, manifestSha256: "" })],
    [
      "with a checksum of another length",
      JSON.stringify({ ...line, manifestSha256: "abc" }),
    ],
    ["of another kind", JSON.stringify({ ...line, kind: "tar" })],
    [
      "without a place in the WAL",
      JSON.stringify({ ...line, endLsn: undefined }),
    ],
    ["without a size", JSON.stringify({ ...line, bytes: "many" })],
    ["without a timeline", JSON.stringify({ ...line, timeline: null })],
  ])("counts for nothing when it is %s", (_, text) => {
    expect(doneOf(text)).toBeUndefined();
  });
});
