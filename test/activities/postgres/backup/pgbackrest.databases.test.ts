import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import type { Pgbackrest } from "../../../../activities/postgres/backup/pgbackrest";
import type {
  Backup,
  BackupOrder,
} from "../../../../activities/postgres/backup/port";
import { describeWhen } from "../../../harness/describe-when";
import { postgresMissing } from "../../../harness/postgres-cluster";
import { type BackupRig, startBackupRig } from "./backup-rig";
import { backrestMissing, Repository } from "./repository";

jest.setTimeout(180_000);

describeWhen(postgresMissing() ?? backrestMissing())(
  "a backup by pgBackRest",
  () => {
    let rig: BackupRig;
    let repository: Repository;
    let asked: BackupOrder;
    let taken: Backup;
    beforeAll(async () => {
      rig = await startBackupRig({ fill: { sizeMb: 1, tablespace: true } });
      repository = await Repository.of(rig.lab);
      asked = await order();
      taken = await rig.take(asked);
    }, 120_000);
    afterAll(() => rig.stop());

    const method = (more: Partial<Pgbackrest> = {}): Pgbackrest => ({
      ...repository.method(),
      ...more,
    });
    const order = (more: Partial<BackupOrder> = {}) =>
      rig.order({ slot: undefined, method: method(), ...more });
    const write = (file: string, at: number, text: string): void => {
      const script = 'printf %s "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc';
      const argv = ["-c", script, "sh", file, String(at), text];
      execFileSync("sh", argv, { stdio: "ignore" });
    };
    const verified = (path: string) =>
      rig.lab.primary.run(["pg_verifybackup", "-e", path]);
    /** The folder and its mark, as after an attempt that came to nothing. */
    const lose = (path: string): void => {
      execFileSync("rm", ["-r", path, `${path}.done`]);
    };

    test("lies there as a copy by pg_basebackup does, and PostgreSQL's own program verifies it", async () => {
      expect(taken).toMatchObject({
        ...{ kind: "pgbackrest", attempt: 1, timeline: 1 },
        backupId: expect.stringMatching(/^\d{8}-\d{6}F$/),
        systemIdentifier: asked.facts.systemIdentifier,
      });
      const { path, manifestSha256, startLsn } = taken;
      await expect(verified(path)).resolves.toContain("successfully verified");
      const text = (name: string) => readFileSync(join(path, name), "utf8");
      expect(text("backup_manifest")).toContain(
        `"Manifest-Checksum": "${manifestSha256}"`,
      );
      expect(text("backup_label")).toContain(
        `START WAL LOCATION: ${startLsn} `,
      );
      for (const signal of ["recovery.signal", "standby.signal"])
        expect(existsSync(join(path, signal))).toBe(false);
      const [tablespace] = asked.facts.tablespaces;
      const link = join(path, "pg_tblspc", tablespace?.oid ?? "");
      expect(readlinkSync(link)).toBe(`${path}.tblspc/${tablespace?.oid}`);
      expect(rig.told.map(({ line }) => line)).toContainEqual(
        expect.stringMatching(/^verifies .* in the repository$/),
      );
    });

    test("that is finished is never made again", async () => {
      await expect(rig.take({ ...asked, attempt: 3 })).resolves.toEqual(taken);
      expect(repository.labels()).toEqual([taken.backupId]);
    });

    test("is not verified any more once one byte of it has changed", async () => {
      const file = join(taken.path, "global", "pg_filenode.map");
      const byte = readFileSync(file).toString("latin1", 100, 101);
      write(file, 100, byte === "x" ? "y" : "x");
      await expect(verified(taken.path)).rejects.toThrow(
        /checksum mismatch for file "global\/pg_filenode.map"/,
      );
    });

    test("is restored anew by the next attempt, from what is in the repository", async () => {
      lose(taken.path);
      const next = await rig.take({ ...asked, attempt: 2 });
      expect(next).toMatchObject({ attempt: 2, backupId: taken.backupId });
      expect(existsSync(`${taken.path}.owner`)).toBe(false);
      expect(repository.labels()).toEqual([taken.backupId]);
      taken = next;
    });

    test("starts from what was restored alone, and holds the rows", async () => {
      const { replica } = rig.lab;
      const options = `-c archive_mode=off -c restore_command=/bin/false -p ${replica.port} -h ''`;
      const pg = (word: string) =>
        replica.run([
          "pg_ctl",
          "-w",
          "-D",
          taken.path,
          "-l",
          `${taken.path}.log`,
          "-o",
          options,
          word,
        ]);
      await pg("start");
      expect(
        await replica.sql("select count(*) > 0 from archive", "shop"),
      ).toBe("t");
      await pg("stop");
    });

    test("that is damaged in the repository is refused, though verify ends with 0", async () => {
      lose(taken.path);
      repository.damage(taken.backupId);
      await expect(rig.take({ ...asked, attempt: 3 })).rejects.toMatchObject({
        type: "postgres.repositoryDamaged",
        message: expect.stringMatching(
          /ended with 0, and says: backup: .*status: invalid.*checksum invalid: 1/s,
        ),
      });
      expect(existsSync(taken.path.replace(/2$/, "3"))).toBe(false);
      repository.forget(taken.backupId);
    });

    test("of a primary with damaged pages is refused, though pgBackRest ends with 0", async () => {
      const { primary } = rig.lab;
      await primary.sql(
        "create table damaged as select n from generate_series(1, 5000) n; checkpoint",
      );
      const file = await primary.sql("select pg_relation_filepath('damaged')");
      await primary.stop();
      const full = join(primary.dataDirectory, file);
      execFileSync(
        "sh",
        [
          "-c",
          'printf xxxx | dd of="$1" bs=1 seek=12000 conv=notrunc',
          "sh",
          full,
        ],
        { stdio: "ignore" },
      );
      await primary.start();
      await expect(rig.take(await order())).rejects.toMatchObject({
        type: "postgres.sourceDamaged",
        failureClass: "stop",
      });
      await primary.sql("drop table damaged");
    });

    test("of a stanza that is not there says so, before anything is copied", async () => {
      const wrong = await order({ method: method({ stanza: "other" }) });
      await expect(rig.take(wrong)).rejects.toMatchObject({
        failureClass: "human",
        message: expect.stringMatching(/other|stanza|pg1-path/),
      });
      const { workFolder } = wrong.replica;
      const owner = `${workFolder}/attempts/${wrong.run.short}-1.owner`;
      expect(existsSync(owner)).toBe(false);
    });
  },
);
