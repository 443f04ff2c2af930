import {
  assertCounts,
  assertGate,
  buildRecord,
  parseRecord,
} from "../../../../activities/postgres/verify/record";
import { levelsOf } from "../../../../activities/postgres/verify/levels";
import type {
  LevelResult,
  RecordOrder,
  RecordQuestion,
} from "../../../../activities/postgres/verify/port";

const day = 86_400_000;
const replica = { id: "db-2" } as RecordOrder["replica"];
const run = { workflowId: "verify-backup:prod:1", rootRunId: "r", short: "0" };
const levels = (policy: "quick" | "full"): LevelResult[] =>
  levelsOf(policy, "promotion").map((level) => ({
    ...{ level, verdict: "pass", measured: "m", reason: "r", tookMs: 5 },
  }));
const order: RecordOrder = {
  ...{ run, replica, major: 17, generation: 1, policy: "quick" },
  backup: {
    ...{
      backupId: "0123456789ab-1",
      path: "/pg/backups/attempts/0123456789ab-1",
    },
    ...{ systemIdentifier: "77", manifestSha256: "d463", timeline: 1 },
    ...{ startLsn: "0/E00028", endLsn: "0/E00100" },
  },
  ...{ results: levels("quick"), consistentLsn: "0/E00100" },
  ...{ startedAt: 1_000_000, validMs: 7 * day },
};
const finishedAt = 2_000_000;
const record = buildRecord(order, { pg_dump: "17.2" }, finishedAt);
const question: RecordQuestion = {
  ref: { key: "k", sha256: "s", bytes: 1 },
  ...{ policy: "quick", gate: "promotion", run, replica, major: 17 },
  ...{ systemIdentifier: "77", backupId: "0123456789ab-1" },
  path: "/pg/backups/attempts/0123456789ab-1",
};
const now = finishedAt + day;
const typeOf = (count: () => void): string => {
  try {
    count();
  } catch (error) {
    return (error as { type: string }).type;
  }
  return "counts";
};

describe("a record of a verification", () => {
  it("says what was verified, by what, and how long that counts", () => {
    expect(record).toMatchObject({
      ...{ backupId: "0123456789ab-1", host: "db-2", manifestSha256: "d463" },
      ...{ binaries: { pg_dump: "17.2" }, expiresAt: finishedAt + 7 * day },
    });
  });

  it("comes back from its text", () => {
    expect(parseRecord(JSON.stringify(record), "k")).toEqual(record);
  });

  it.each(["", "{}", JSON.stringify({ ...record, levels: [] })])(
    "is not read from %j",
    (text) => {
      expect(typeOf(() => parseRecord(text, "k"))).toBe(
        "verification.notARecord",
      );
    },
  );

  it("counts for its backup, while it lasts", () => {
    expect(typeOf(() => assertCounts(record, question, "d463", now))).toBe(
      "counts",
    );
  });

  it.each([
    ["systemIdentifier", "78"],
    ["backupId", "0123456789ab-2"],
    ["path", "/pg/backups/attempts/0123456789ab-2"],
    ["replica", { id: "db-3" }],
  ])("is foreign to a question with another %s", (name, value) => {
    const other = { ...question, [name]: value };
    expect(typeOf(() => assertCounts(record, other, "d463", now))).toBe(
      "verification.foreign",
    );
  });

  it.each([
    ["has passed", record.expiresAt],
    ["is before it began, for a clock is wrong", order.startedAt - 1],
  ])("is expired when its time %s", (_when, at) => {
    expect(typeOf(() => assertCounts(record, question, "d463", at))).toBe(
      "verification.expired",
    );
  });

  it.each(["d464", undefined])(
    "does not count when the manifest on disk is %s",
    (onDisk) => {
      expect(typeOf(() => assertCounts(record, question, onDisk, now))).toBe(
        "verification.changedOnDisk",
      );
    },
  );

  it("does not count for a policy that asks for more", () => {
    const more = { ...question, policy: "full" } as const;
    expect(typeOf(() => assertCounts(record, more, "d463", now))).toBe(
      "verification.incomplete",
    );
    const full = buildRecord(
      ...([{ ...order, results: levels("full") }, {}, finishedAt] as const),
    );
    expect(typeOf(() => assertCounts(full, more, "d463", now))).toBe("counts");
  });

  it.each([
    ["a level is missing", levels("quick"), /V6 is missing/],
    [
      "one could not be compared",
      levels("full").map((level) =>
        level.level === "V8"
          ? { ...level, verdict: "not comparable" as const }
          : level,
      ),
      /V8 not comparable/,
    ],
  ])("is not made when %s", (_when, found, words) => {
    const known = { backupId: "b", levels: found };
    const asked = { policy: "full", gate: "promotion" } as const;
    expect(() => assertGate(known, asked)).toThrow(words);
  });

  it("does not count with a level that failed", () => {
    const [first, ...others] = levels("quick");
    const results = [{ ...first!, verdict: "fail" as const }, ...others];
    const failed = buildRecord({ ...order, results }, {}, finishedAt);
    expect(typeOf(() => assertCounts(failed, question, "d463", now))).toBe(
      "verification.incomplete",
    );
  });
});
