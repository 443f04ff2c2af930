import {
  copyKey,
  repositoryKey,
} from "../../../../activities/postgres/backup/keys";
import type { BackupOrder } from "../../../../activities/postgres/backup/port";
import { stopBackup } from "../../../../activities/postgres/backup/stop-backup";
import { describeWhen } from "../../../harness/describe-when";
import { postgresMissing } from "../../../harness/postgres-cluster";
import { filesIn, hasRun, untilFiles } from "./backrest-log";
import { type BackupRig, startBackupRig } from "./backup-rig";
import { backrestMissing, noise, Repository } from "./repository";
import { SlowLink } from "./slow-link";

jest.setTimeout(180_000);

/** Bytes a second: some files of a megabyte pass while a test looks on. */
const slow = 2_000_000;
const unlimited = 0;

describeWhen(postgresMissing() ?? backrestMissing())(
  "a copy by pgBackRest that is stopped",
  () => {
    let rig: BackupRig;
    let backup: SlowLink;
    let restore: SlowLink;
    let repository: Repository;
    let first: BackupOrder;
    let second: BackupOrder;
    beforeAll(async () => {
      rig = await startBackupRig({ fill: false });
      backup = new SlowLink(rig.lab, "backup", slow);
      restore = new SlowLink(rig.lab, "restore", slow);
      repository = await Repository.of(rig.lab, { backup, restore });
      await rig.lab.primary.sql(noise(12));
      const method = { ...repository.method(), processMax: 1 };
      first = await rig.order({ slot: undefined, method });
      second = { ...first, generation: 2 };
    }, 120_000);
    afterAll(() => rig.stop());

    const stop = (order: BackupOrder) =>
      stopBackup(rig.deps, order, new AbortController().signal);
    const backedUp = (order: BackupOrder) =>
      [rig.lab, "primary", repositoryKey(order, "backup")] as const;
    const restored = (order: BackupOrder) =>
      [rig.lab, "replica", copyKey(order)] as const;

    test("while it backs up leaves no process, and its next generation copies no file twice", async () => {
      const taking = rig.take(first);
      const ended = expect(taking).rejects.toThrow("was stopped on request");
      await untilFiles(...backedUp(first), "backed up", 4);
      expect(repository.working()).not.toEqual([]);
      await stop(first);
      expect(repository.working()).toEqual([]);
      await ended;
      const whole = filesIn(...backedUp(first), "backed up");

      backup.set(unlimited);
      const going = rig.take(second);
      const stopped = expect(going).rejects.toThrow("was stopped on request");
      await untilFiles(...restored(second), "restored", 4);
      const resumed = filesIn(...backedUp(second), "resumed");
      // What came since the manifest was saved last is copied again: the file behind the last whole one, here.
      expect(resumed.length).toBeGreaterThanOrEqual(whole.length - 1);
      expect(whole).toEqual(expect.arrayContaining(resumed));
      const again = filesIn(...backedUp(second), "backed up");
      expect(again.filter((file) => resumed.includes(file))).toEqual([]);
      await stop(second);
      expect(repository.working()).toEqual([]);
      await stopped;
      expect(repository.labels()).toHaveLength(1);
    });

    test("while it restores goes on in its folder, and neither verifies nor reads a file twice", async () => {
      const whole = filesIn(...restored(second), "restored");
      restore.set(unlimited);
      const third = { ...first, generation: 3 };
      const made = await rig.take(third);
      const verified = [second, third].map((order) =>
        hasRun(rig.lab, "primary", repositoryKey(order, "verify")),
      );
      expect(verified).toEqual([true, false]);
      expect(made).toMatchObject({ attempt: 1, kind: "pgbackrest" });
      expect(repository.labels()).toEqual([made.backupId]);
      const found = filesIn(...restored(third), "found whole");
      expect(found).toEqual(expect.arrayContaining(whole));
      const again = filesIn(...restored(third), "restored");
      expect(again.filter((file) => found.includes(file))).toEqual([]);
      await expect(
        rig.lab.primary.run(["pg_verifybackup", "-e", made.path]),
      ).resolves.toContain("successfully verified");
    });

    test("never runs a stopped generation again", async () => {
      const fresh = await rig.order({
        ...{ slot: undefined, method: first.method },
      });
      await stop({ ...fresh, generation: 2 });
      await expect(rig.take({ ...fresh, generation: 2 })).rejects.toThrow(
        "was stopped on request",
      );
      expect(repository.working()).toEqual([]);
    });
  },
);
