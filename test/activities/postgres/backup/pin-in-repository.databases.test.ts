import { appendFileSync, readdirSync } from "node:fs";
import {
  pinBackup,
  unpinBackup,
} from "../../../../activities/postgres/backup/pin";
import type {
  Backup,
  BackupOrder,
  Pinning,
} from "../../../../activities/postgres/backup/port";
import { runMark } from "../../../../activities/postgres/run-mark";
import { describeWhen } from "../../../harness/describe-when";
import { postgresMissing } from "../../../harness/postgres-cluster";
import { type BackupRig, startBackupRig } from "./backup-rig";
import { backrestMissing, Repository } from "./repository";

jest.setTimeout(120_000);

const { signal } = new AbortController();
const another = runMark({ workflowId: "verify-backup:x", rootRunId: "other" });
const pinningOf = (
  { run, primary, replica }: BackupOrder,
  backup: Backup,
): Pinning => ({ run, primary, replica, backup });

describeWhen(postgresMissing() ?? backrestMissing())(
  "a pinned backup of pgBackRest",
  () => {
    let rig: BackupRig;
    let repository: Repository;
    let pinning: Pinning;
    beforeAll(async () => {
      rig = await startBackupRig({ fill: false });
      repository = await Repository.of(rig.lab);
      await repository.run("backup", "--type=full", "--start-fast");
      const [backupId = ""] = repository.labels();
      const order = await rig.order({ method: repository.method() });
      // What a run's own backup says of itself is proven elsewhere.
      pinning = pinningOf(order, {
        kind: "pgbackrest",
        backupId,
        method: order.method,
      } as Backup);
    });
    afterAll(() => rig.stop());
    const included = (): Pinning => {
      const { includePath } = repository;
      const method = { ...repository.method(), includePath };
      return { ...pinning, backup: { ...pinning.backup, method } };
    };
    const expired = () =>
      repository.run(
        `--config-include-path=${repository.includePath}`,
        "expire",
        "--dry-run",
        "--log-level-console=info",
        "--repo1-retention-full-type=count",
      );

    test("without a folder of the configuration is kept until the next full backups, and says so", async () => {
      await expect(pinBackup(rig.deps, pinning, signal)).resolves.toBe(
        "until the next full backups",
      );
      expect(await repository.run("info", "--output=json")).toContain(
        `"upgrade-runbooks-pin":"${pinning.run.short}"`,
      );
    });

    test("outlives as many full backups as come, while any run needs it", async () => {
      const theirs = { ...included(), run: another };
      await expect(pinBackup(rig.deps, included(), signal)).resolves.toBe(
        "for good",
      );
      await pinBackup(rig.deps, theirs, signal);
      for (let n = 0; n < 2; n += 1)
        await repository.run(
          `--config-include-path=${repository.includePath}`,
          "backup",
          "--type=full",
          "--start-fast",
        );
      expect(repository.labels()).toHaveLength(3);
      await unpinBackup(rig.deps, included(), signal);
      expect(await expired()).not.toContain("remove expired");
      await unpinBackup(rig.deps, theirs, signal);
      expect(readdirSync(repository.includePath)).toEqual([]);
      expect(await expired()).toContain(
        `remove expired backup ${pinning.backup.backupId}`,
      );
    });

    test("that would expire now is refused where nothing keeps it", async () => {
      await expect(pinBackup(rig.deps, pinning, signal)).rejects.toMatchObject({
        type: "postgres.notKept",
      });
    });

    test("leaves no file that pgBackRest refuses, for WAL would be archived no more", async () => {
      appendFileSync(
        repository.config,
        "[shop:expire]\nrepo1-retention-full=3\n",
      );
      await expect(
        pinBackup(rig.deps, included(), signal),
      ).rejects.toMatchObject({
        type: "postgres.backrestOptions",
        message: expect.stringContaining("cannot be set multiple times"),
      });
      expect(readdirSync(repository.includePath)).toEqual([]);
    });
  },
);
