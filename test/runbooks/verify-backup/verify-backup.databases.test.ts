import { execFileSync } from "node:child_process";
import { renameSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import type { Backup } from "../../../activities/postgres/backup/port";
import { controlUpdates } from "../../../workflows/controls/messages";
import { Copy } from "../../activities/postgres/verify/copy";
import { describeWhen } from "../../harness/describe-when";
import { postgresMissing } from "../../harness/postgres-cluster";
import { type VerifyHandle, VerifyRig } from "./verify-rig";

jest.setTimeout(180_000);

const page = 8_192;

/** Of every file in it, by name and content. */
const digestOf = (path: string): string =>
  execFileSync("sh", [
    "-c",
    'cd "$0" && find . -type f -exec sha256sum {} + | sort | sha256sum',
    path,
  ]).toString();

describeWhen(postgresMissing())("a backup that exists is verified", () => {
  let on: VerifyRig;
  let backup: Backup;
  /** Of a table of the database shop, within a backup. */
  let table: string;
  beforeAll(async () => {
    on = await VerifyRig.start();
    table = await on.rig.lab.primary.sql(
      "select pg_relation_filepath('orders')",
      "shop",
    );
    backup = await on.attempt();
  });
  afterAll(() => on.stop());

  const reportOf = async (run: VerifyHandle): Promise<string> =>
    on.rig.reportOf(await run.result());
  const abort = async (run: VerifyHandle): Promise<void> => {
    await run.executeUpdate(controlUpdates.abort, {
      args: [{ by: "ada", reason: "a test" }],
    });
  };

  /** Its own copy, to be spoiled; as a DBA's backup, for nothing beside it says that it is whole. */
  const copied = (name: string): Copy =>
    Copy.of(backup, join(on.workFolder, "attempts", name));

  it("by its name, with a record that counts, and is not changed by it", async () => {
    const before = digestOf(backup.path);
    const run = await on.start({ backup: backup.backupId });
    const { outcome, record } = await run.result();
    expect(outcome).toBe("completed");
    const found = await on.record(record!, backup);
    expect(
      found.levels.map(({ level, verdict }) => `${level} ${verdict}`).sort(),
    ).toEqual([
      ...["V1 pass", "V2 pass", "V3 pass", "V4 pass", "V5 pass", "V6 pass"],
      ...["V7 pass", "V9 not comparable"],
    ]);
    expect(found.expiresAt - found.finishedAt).toBe(168 * 3_600_000);
    const report = await reportOf(run);
    for (const level of ["V1", "V2", "V3", "V4", "V5", "V6", "V7"])
      expect(report).toMatch(
        new RegExp(`- ${level} [A-Za-z ]+: \\*\\*pass\\*\\* .*: .*\\d`),
      );
    expect(report).toContain("V9 Sentinel: **not comparable**");
    expect(report).toContain("lets no standby be promoted");
    expect(digestOf(backup.path)).toBe(before);
    expect(on.left()).toEqual([]);
  });

  it("while all is frozen, and without the lock, so that nothing urgent waits for it", async () => {
    const frozen = await on.cli(["freeze", "db", "--reason", "peak sale"]);
    expect(frozen).toMatchObject({ code: 0, err: "" });
    const run = await on.start({ backup: backup.backupId });
    expect(await run.result()).toMatchObject({ outcome: "completed" });
    const { events } = await run.fetchHistory();
    const asked = (events ?? []).map(
      (event) => event.activityTaskScheduledEventAttributes?.activityType?.name,
    );
    expect(asked).toContain("pinFolder");
    expect(asked).not.toContain("askForLock");
    const [id = ""] = /freeze-[0-9a-f]{8}/.exec(frozen.out) ?? [];
    const lifted = await on.cli(["unfreeze", id, "--reason", "over"]);
    expect(lifted).toMatchObject({ code: 0, err: "" });
  });

  it("by its folder, with the primary's rows, where somebody else has taken it", async () => {
    const path = await on.nightly("monday");
    const policy = "full" as const;
    const run = await on.start({ backup: path, policy, primary: "primary" });
    expect(await run.result()).toMatchObject({ outcome: "completed" });
    expect(await reportOf(run)).toMatch(
      /- V8 Rows: \*\*pass\*\* .* tables equal/,
    );
    expect(on.left()).toEqual([]);
  });

  it("without any copy of it where only its files are asked for", async () => {
    const levels = ["V1", "V2", "V3"] as const;
    const run = await on.start({
      backup: backup.backupId,
      levels: [...levels],
    });
    const { outcome, counts } = await run.result();
    expect({ outcome, counts }).toEqual({
      outcome: "completed",
      counts: { done: 5 },
    });
    expect(await reportOf(run)).not.toContain("- V5 ");
  });

  it("with a damaged page is found by the level that reads it, and a person decides", async () => {
    const copy = copied("damaged");
    copy.zero(table, 0, page);
    await on.pin(copy.claim.path, "another");
    const run = await on.start({ backup: copy.claim.path });
    const { steps } = await on.rig.until(run, ({ steps: now }) =>
      now.some(({ standing }) => standing === "failed"),
    );
    const failed = steps.find(({ standing }) => standing === "failed");
    expect(failed).toMatchObject({ id: "verify-files" });
    expect(failed?.failure?.message).toMatch(/^V2: .*checksum mismatch/);
    // Whoever is called at night may look first: what it needs is kept.
    expect(on.pins(copy.claim.path)).toHaveLength(2);
    await on.rig.answer(run, "failed-verify-files", "abort");
    const { outcome, record } = await run.result();
    expect({ outcome, record }).toEqual({ outcome: "aborted" });
    const report = await reportOf(run);
    expect(report).toContain("- no record was kept");
    expect(report).toMatch(/- V1 pass: .*files/);
    expect(on.pins(copy.claim.path)).toEqual(["another"]);
    rmSync(`${copy.claim.path}.pin`, { recursive: true });
    expect(on.left()).toEqual([]);
  });

  it("with damage that was copied, and that its manifest agrees with, is found by the scratch instance", async () => {
    const copy = copied("copied-damage");
    copy.put(table, page + 12, Buffer.alloc(8, 0xee));
    copy.reseal();
    const run = await on.start({ backup: copy.claim.path });
    await expect(on.rig.gate(run, "none")).rejects.toThrow(
      /Read the scratch instance whole .* failed: V6: /,
    );
    await on.rig.answer(run, "failed-verify-scratch", "abort");
    expect(await run.result()).toMatchObject({ outcome: "aborted" });
    expect(on.left()).toEqual([]);
  });

  it("is let go in the middle of its scratch copy, by whoever aborts", async () => {
    const run = await on.start({ backup: backup.backupId });
    await on.rig.until(run, ({ steps }) =>
      steps.some(
        ({ id, standing }) => id === "scratch" && standing !== "to come",
      ),
    );
    await abort(run);
    expect(await run.result()).toMatchObject({ outcome: "aborted" });
    expect(on.left()).toEqual([]);
  });

  describe("and is refused before any effect", () => {
    it("outside of the work folder, with whatever else is wrong", async () => {
      const said = await on.refusal({ backup: "/etc/ssl", primary: "nobody" });
      expect(said).toContain(
        'backup: found "/etc/ssl", expected a folder below',
      );
      expect(said).toContain('primary: found "nobody"');
    });

    it("behind a link that leads out", async () => {
      const path = join(on.workFolder, "attempts", "led-out");
      symlinkSync(on.rig.lab.servers.primary.dataDirectory, path);
      const said = await on.refusal({ backup: path });
      expect(said).toMatch(
        /through which a link leads to .*hint|name the folder/,
      );
    });

    it("that nobody knows, with those that there are", async () => {
      const said = await on.refusal({ backup: "ffffffffffff-1" });
      expect(said).toContain("which is no folder on the host");
      expect(said).toContain(backup.backupId);
    });

    it("that is not whole", async () => {
      const copy = copied("torn");
      copy.remove("backup_manifest");
      const said = await on.refusal({ backup: copy.claim.path });
      expect(said).toContain("which is no whole backup");
      expect(on.pins(copy.claim.path)).toEqual([]);
    });
  });

  describe("by a Schedule", () => {
    it("whose runs each leave a record", async () => {
      const id = await on.schedule("weekly", backup.backupId);
      const run = await on.fired(id);
      expect(run.workflowId).toMatch(/^verify-backup:db:weekly-\d{4}-/);
      const { outcome, record } = await run.result();
      expect(outcome).toBe("completed");
      await expect(on.record(record!, backup)).resolves.toBeDefined();
    });

    it("that asks nobody: a damaged one ends its run as failed, plainly told, and the next run opens", async () => {
      const copy = copied("rotten");
      copy.flip(table, 100);
      const id = await on.schedule("rotten", copy.claim.path);
      const run = await on.fired(id);
      expect(await run.result()).toMatchObject({ outcome: "failed" });
      expect(on.left()).toEqual([]);
      const told = await on.cli(["report", run.workflowId]);
      expect(told).toMatchObject({ code: 0 });
      expect(told.out).toMatch(/\*\*failed\*\* after[\s\S]*- V2: .*checksum/);
      const listed = await on.cli(["schedule", "list"]);
      expect(listed.out).toContain(`failed  ${run.workflowId}`);
      const next = await on.fired(id, run);
      expect(await next.result()).toMatchObject({ outcome: "failed" });
    });
  });

  // The last one: there is no primary any more.
  it("while there is no primary, since no level of it needs one", async () => {
    const { primary } = on.rig.lab;
    await primary.stop();
    renameSync(primary.dataDirectory, `${primary.dataDirectory}.gone`);
    const run = await on.start({ backup: backup.path, policy: "full" });
    expect(await run.result()).toMatchObject({ outcome: "completed" });
    expect(await reportOf(run)).toContain("V8 Rows: **not comparable**");
  });
});
