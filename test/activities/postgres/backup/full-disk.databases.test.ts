import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { stopBackup } from "../../../../activities/postgres/backup/stop-backup";
import { describeWhen } from "../../../harness/describe-when";
import { postgresMissing } from "../../../harness/postgres-cluster";
import {
  mountSmall,
  resizeSmall,
  smallDiskMissing,
  unmountSmall,
} from "../../../harness/small-disk";
import { type BackupRig, startBackupRig } from "./backup-rig";

jest.setTimeout(180_000);

describeWhen(postgresMissing() ?? smallDiskMissing())(
  "a base backup without room",
  () => {
    let rig: BackupRig;
    let small: string;
    beforeAll(async () => {
      rig = await startBackupRig({ fill: false });
      small = join(rig.lab.folder, "small");
      mkdirSync(small);
      // Room for half of an empty cluster.
      expect(mountSmall(small)).toBeUndefined();
    });
    afterAll(async () => {
      unmountSmall(small);
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
      resizeSmall(small, 200);
      await expect(rig.take({ ...full, attempt: 2 })).resolves.toMatchObject({
        attempt: 2,
      });
    });
  },
);
