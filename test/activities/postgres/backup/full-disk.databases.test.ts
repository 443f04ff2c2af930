import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stopBackup } from "../../../../activities/postgres/backup/stop-backup";
import { describeWhen } from "../../../harness/describe-when";
import { postgresMissing } from "../../../harness/postgres-cluster";
import { type BackupRig, startBackupRig } from "./backup-rig";

jest.setTimeout(60_000);

/** Room for half of an empty cluster; a reason when this machine allows none. */
function mountSmall(path: string): string | undefined {
  const options = [
    "-t",
    "tmpfs",
    "-o",
    "size=24m,mode=777",
    "runbook-test",
    path,
  ];
  const mount = spawnSync("mount", options, { encoding: "utf8" });
  if (mount.status === 0) return undefined;
  return `no tmpfs to fill: ${mount.error?.message ?? mount.stderr.trim()}`;
}

function missingHere(): string | undefined {
  const trial = mkdtempSync(join(tmpdir(), "runbook-disk-"));
  const missing = mountSmall(trial);
  if (!missing) spawnSync("umount", [trial]);
  rmdirSync(trial);
  return missing;
}

describeWhen(postgresMissing() ?? missingHere())(
  "a base backup without room",
  () => {
    let rig: BackupRig;
    let small: string;
    beforeAll(async () => {
      rig = await startBackupRig({ fill: false });
      small = join(rig.lab.folder, "small");
      mkdirSync(small);
      expect(mountSmall(small)).toBeUndefined();
    });
    afterAll(async () => {
      spawnSync("umount", ["-l", small]);
      await rig.stop();
    });

    test("says so, leaves the space free and no walsender, and fits once there is room", async () => {
      const order = await rig.order();
      const workFolder = join(small, "work");
      const full = { ...order, replica: { ...order.replica, workFolder } };
      await expect(rig.take(full)).rejects.toMatchObject({
        type: "postgres.diskFull",
        failureClass: "human",
      });
      const attempt = join(workFolder, "attempts", `${order.run.short}-1`);
      expect(readdirSync(attempt)).toEqual([]);
      expect(await rig.walsenders(order)).toBe(0);
      const { signal } = new AbortController();
      const stopped = await stopBackup(rig.deps, full, signal);
      expect(stopped.bytes).toBeLessThan(1_000_000);
      spawnSync("mount", ["-o", "remount,size=200m", small]);
      await expect(rig.take({ ...full, attempt: 2 })).resolves.toMatchObject({
        attempt: 2,
      });
    });
  },
);
