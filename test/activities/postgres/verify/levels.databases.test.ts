import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Sentinel } from "../../../../activities/postgres/slot/port";
import { runMark } from "../../../../activities/postgres/run-mark";
import {
  checkPages,
  closeScratch,
} from "../../../../activities/postgres/verify/close-scratch";
import { compareLocked } from "../../../../activities/postgres/verify/compare-locked";
import { compareRows } from "../../../../activities/postgres/verify/compare-rows";
import { discardScratch } from "../../../../activities/postgres/verify/discard-scratch";
import { levelsOf } from "../../../../activities/postgres/verify/levels";
import { openScratch } from "../../../../activities/postgres/verify/open-scratch";
import type {
  BackupClaim,
  CompareOrder,
  LevelResult,
  OfScratch,
  RecordQuestion,
  VerifyOrder,
} from "../../../../activities/postgres/verify/port";
import { readSentinel } from "../../../../activities/postgres/verify/read-sentinel";
import {
  readVerification,
  recordVerification,
} from "../../../../activities/postgres/verify/record-store";
import { verifyManifest } from "../../../../activities/postgres/verify/verify-manifest";
import { describeWhen } from "../../../harness/describe-when";
import { eventually } from "../../../harness/eventually";
import { postgresMissing } from "../../../harness/postgres-cluster";
import { BackupLab } from "./backup-lab";

jest.setTimeout(120_000);

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Its parent may leave it in the list of processes for a while. */
async function kill(pid: number): Promise<void> {
  process.kill(pid, "SIGKILL");
  await eventually(() => !isAlive(pid) || undefined);
}

describeWhen(postgresMissing())("the verification of a real backup", () => {
  let lab: BackupLab;
  let sentinel: Sentinel;
  let backup: BackupClaim;
  let results: readonly LevelResult[];
  beforeAll(async () => {
    lab = await BackupLab.start();
    await lab.pg.primary.sql(
      "CREATE UNLOGGED TABLE passing(id int PRIMARY KEY); INSERT INTO passing SELECT generate_series(1, 100); CREATE DATABASE empty",
    );
    await lab.pg.primary.sql("CREATE EXTENSION amcheck", "empty");
    // Of superusers, too: every client must get along with it.
    await lab.pg.primary.sql("ALTER DATABASE empty SET statement_timeout = 1");
    sentinel = await lab.sentinel("before");
    backup = await lab.backup();
    results = await lab.verify(backup, sentinel);
  });
  afterAll(() => lab.stop());

  const workFolder = () => lab.pg.servers.replica.workFolder;

  it("passes every level, each of which looked at something", () => {
    const verdicts = results.map(({ level, verdict }) => `${level} ${verdict}`);
    expect(verdicts.sort()).toEqual(
      [...levelsOf("full", "promotion")].sort().map((level) => `${level} pass`),
    );
    for (const { measured } of results) expect(measured).toMatch(/\d/);
  });

  it("leaves nothing of its scratch instance behind", () => {
    expect(readdirSync(join(workFolder(), "scratch"))).toEqual([]);
    expect(readdirSync(join(workFolder(), "sock"))).toEqual([]);
  });

  it("changes nothing in the backup", async () => {
    const again = await verifyManifest(lab.work, lab.order(backup));
    expect(again.map(({ verdict }) => verdict)).toEqual(Array(3).fill("pass"));
  });

  describe("compared with a primary that goes on", () => {
    let order: VerifyOrder;
    let compared: LevelResult;
    beforeAll(async () => {
      order = lab.order(backup);
      const { scratch } = await openScratch(lab.work, order);
      const { primary } = lab.pg;
      await primary.sql(
        "UPDATE sessions SET seen = seen + 1 WHERE token = (SELECT token FROM sessions LIMIT 1); DELETE FROM customers WHERE false; INSERT INTO archive VALUES (-1, now(), 'new'); CREATE TABLE fresh AS SELECT 1 AS one; VACUUM FULL events; ALTER TABLE orders ADD note2 text DEFAULT 'x'",
        "shop",
      );
      const of = {
        ...order,
        scratch: scratch!,
        primary: lab.pg.servers.primary,
      };
      compared = await compareRows(lab.work, of satisfies CompareOrder);
    });
    afterAll(() => discardScratch(lab.work, { ...order, n: order.generation }));

    it("passes with the tables that still can be compared", () => {
      expect(compared).toMatchObject({ level: "V8", verdict: "pass" });
      expect(compared.measured).toMatch(/^\d+ of \d+ tables equal/);
    });

    it.each([
      ["updated", /sessions \(1 rows were updated or deleted since\)/],
      ["created", /fresh \(created or altered since\)/],
      ["rewritten", /events \(rewritten since\)/],
      ["altered", /orders \(its columns were altered since\)/],
    ])("names a table that was %s", (_how, words) => {
      expect(compared.reason).toMatch(words);
    });

    it("compares a table that only grew", () => {
      expect(compared.reason).not.toMatch(/archive|customers/);
    });
  });

  describe("whose scratch instance is", () => {
    let of: OfScratch;
    beforeAll(async () => {
      const order = lab.order(backup);
      const { scratch } = await openScratch(lab.work, order);
      of = { ...order, scratch: scratch! };
    });
    it("asked for once more is the same one", async () => {
      const { scratch } = await openScratch(lab.work, of);
      expect(scratch).toEqual(of.scratch);
    });

    it("has room for the locks of a dump of 100,000 tables", () => {
      const conf = readFileSync(
        join(of.scratch.path, "postgresql.conf"),
        "utf8",
      );
      const locks = /max_locks_per_transaction = (\d+)/.exec(conf)?.[1];
      expect(Number(locks) * 100).toBeGreaterThan(100_000);
    });

    const again = (): OfScratch => ({ ...of, ...lab.order(backup) });
    const postmaster = () =>
      Number(
        readFileSync(join(of.scratch.path, "postmaster.pid"), "utf8").split(
          "\n",
        )[0],
      );

    it("killed is started again for the next level", async () => {
      await kill(postmaster());
      const read = { ...again(), sentinel };
      await expect(readSentinel(lab.work, read)).resolves.toMatchObject({
        verdict: "pass",
      });
    });

    it("killed is stopped cleanly all the same, for its pages to be read", async () => {
      await kill(postmaster());
      await closeScratch(lab.work, again());
      await expect(checkPages(lab.work, again())).resolves.toMatchObject({
        ...{ level: "V4", verdict: "pass" },
      });
    });

    it("still running is not taken for one with bad pages", async () => {
      await readSentinel(lab.work, { ...again(), sentinel });
      await expect(checkPages(lab.work, again())).rejects.toMatchObject({
        type: "verification.noScratch",
      });
    });

    it("another run's is neither stopped nor removed", async () => {
      const stranger = runMark({ ...lab.run, rootRunId: "another" });
      const taken = { ...stranger, short: lab.run.short };
      const { n } = of.scratch;
      await expect(
        discardScratch(lab.work, { ...of, run: taken, n }),
      ).rejects.toMatchObject({ type: "postgres.notOurs" });
      expect(isAlive(postmaster())).toBe(true);
    });

    it("discarded is gone, and gone for the levels", async () => {
      const { n } = of.scratch;
      const discard = () => discardScratch(lab.work, { ...of, n });
      await expect(discard()).resolves.toBe("removed");
      await expect(discard()).resolves.toBe("absent");
      await expect(
        readSentinel(lab.work, { ...again(), sentinel }),
      ).rejects.toMatchObject({ type: "verification.noScratch" });
    });
  });

  describe("recorded", () => {
    const record = async (validMs = 60_000) =>
      recordVerification(lab.work, {
        ...lab.order(backup),
        ...{ policy: "full", results, startedAt: Date.now() - 1_000, validMs },
      });
    const ask = async (
      more: Partial<RecordQuestion> = {},
    ): Promise<RecordQuestion> => ({
      ref: await record(),
      ...{ policy: "full", gate: "promotion", run: lab.run },
      ...{ replica: lab.pg.servers.replica, major: lab.major },
      ...{ systemIdentifier: backup.systemIdentifier },
      ...{ backupId: backup.backupId, path: backup.path },
      ...more,
    });
    const read = async (more?: Partial<RecordQuestion>) =>
      readVerification(lab.work, await ask(more));

    it("counts, and names the programs that proved it", async () => {
      const found = await read();
      expect(found.binaries["pg_verifybackup"]).toMatch(/PostgreSQL/);
      expect(found.levels).toEqual(results);
    });

    it("does not count when somebody edited it", async () => {
      const ref = await record();
      const text = await lab.work.deps.artifacts.get(ref);
      const edited = text.replace(/"expiresAt": \d/, '"expiresAt": 9');
      await lab.work.deps.artifacts.put(ref.key, edited);
      await expect(read({ ref })).rejects.toMatchObject({
        type: "artifacts.changed",
      });
    });

    it.each([
      ["another backup", { backupId: "ffffffffffff-1" }, "foreign"],
      ["another cluster", { systemIdentifier: "1" }, "foreign"],
    ])("does not count for %s", async (_what, more, kind) => {
      await expect(read(more)).rejects.toMatchObject({
        type: `verification.${kind}`,
      });
    });

    it("does not count when it has expired", async () => {
      const ref = await record(0);
      await expect(read({ ref })).rejects.toMatchObject({
        type: "verification.expired",
      });
    });

    it("does not count for a copy whose manifest is another one", async () => {
      const other = await lab.backup();
      const ref = await recordVerification(lab.work, {
        ...lab.order({ ...backup, path: other.path }),
        ...{ policy: "full", results, startedAt: Date.now(), validMs: 60_000 },
      });
      const { path } = other;
      await expect(read({ ref, path })).rejects.toMatchObject({
        type: "verification.changedOnDisk",
      });
    });
  });

  it("refuses a work folder whose socket would have too long a name", async () => {
    const order = lab.order(backup);
    const replica = { ...order.replica, workFolder: `/pg/${"x".repeat(80)}` };
    await expect(
      openScratch(lab.work, { ...order, replica }),
    ).rejects.toMatchObject({ type: "verification.socketTooLong" });
  });

  it("does not open a scratch instance over something that is there", async () => {
    const order = lab.order(backup);
    const name = `${lab.run.short}-${order.generation}`;
    const path = join(workFolder(), "scratch", name);
    writeFileSync(path, "somebody's");
    await expect(openScratch(lab.work, order)).rejects.toMatchObject({
      seen: expect.stringContaining("exists"),
    });
    expect(existsSync(path)).toBe(true);
  });

  describe("under a lock, on a standby", () => {
    beforeAll(async () => {
      const { primary, replica, ground } = lab.pg;
      const where = ["-h", primary.socketFolder, "-p", String(primary.port)];
      const cold = `${ground.folder}/cold`;
      await replica.run([
        ...["pg_basebackup", ...where, "-U", "postgres", "-R", "-c", "fast"],
        ...["-D", replica.dataDirectory, "-T", `${cold}=${cold}2`],
      ] as [string, ...string[]]);
      await replica.start();
    });
    afterAll(() => lab.pg.replica.stop("immediate"));

    const locked = (table: string, holdMs = 20_000) =>
      compareLocked(lab.work, {
        ...lab.order(backup),
        ...{ primary: lab.pg.servers.primary, database: "shop" },
        ...{ tables: [table], holdMs },
      });

    it("a hot table is compared exactly", async () => {
      await lab.pg.primary.sql("UPDATE sessions SET seen = seen + 1", "shop");
      await expect(locked("public.sessions")).resolves.toMatchObject({
        ...{ level: "V8", verdict: "pass" },
      });
    });

    it("a table that somebody writes to is not waited for", async () => {
      const { primary } = lab.pg;
      const writer = primary.sql(
        "BEGIN; UPDATE sessions SET seen = 0; SELECT pg_sleep(2.5); COMMIT",
        "shop",
      );
      await primary.sql("SELECT pg_sleep(0.3)");
      const result = await locked("public.sessions");
      expect(result).toMatchObject({ verdict: "not comparable" });
      expect(result.reason).toMatch(/lock/);
      await writer;
    });

    it("a standby that does not replay is not comparable", async () => {
      const { primary, replica } = lab.pg;
      await replica.sql("SELECT pg_wal_replay_pause()");
      await primary.sql("UPDATE sessions SET seen = seen + 1", "shop");
      await expect(locked("public.sessions", 500)).resolves.toMatchObject({
        verdict: "not comparable",
      });
      await replica.sql("SELECT pg_wal_replay_resume()");
    });
  });
});
