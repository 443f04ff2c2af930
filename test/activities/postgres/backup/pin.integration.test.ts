import { existsSync } from "node:fs";
import { removeOwned } from "../../../../activities/postgres/guarded-removal";
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

jest.setTimeout(120_000);

const { signal } = new AbortController();
const another = runMark({ workflowId: "verify-backup:x", rootRunId: "other" });
const pinningOf = (
  { run, primary, replica }: BackupOrder,
  backup: Backup,
): Pinning => ({ run, primary, replica, backup });

describeWhen(postgresMissing())("a pinned base backup", () => {
  let rig: BackupRig;
  beforeAll(async () => {
    rig = await startBackupRig({ fill: false });
  });
  afterAll(() => rig.stop());

  test("is removed by nobody until the last run that needs it has let it go", async () => {
    const order = await rig.order();
    const pinning = pinningOf(order, await rig.take(order));
    const theirs = { ...pinning, run: another };
    const remove = () =>
      removeOwned(rig.deps.programs, order.replica, {
        ...{ run: order.run, kind: "attempts", n: 1 },
        systemIdentifier: order.facts.systemIdentifier,
      });
    const refused = {
      type: "postgres.notOurs",
      message: expect.stringContaining("it is pinned"),
    };
    await expect(pinBackup(rig.deps, pinning, signal)).resolves.toBe(
      "for good",
    );
    await pinBackup(rig.deps, pinning, signal);
    await pinBackup(rig.deps, theirs, signal);
    await expect(remove()).rejects.toMatchObject(refused);
    await unpinBackup(rig.deps, pinning, signal);
    await expect(remove()).rejects.toMatchObject(refused);
    await unpinBackup(rig.deps, theirs, signal);
    await expect(remove()).resolves.toBe("removed");
    expect(existsSync(`${pinning.backup.path}.pin`)).toBe(false);
    await unpinBackup(rig.deps, theirs, signal);
    await expect(pinBackup(rig.deps, pinning, signal)).rejects.toMatchObject({
      type: "postgres.noBackup",
    });
  });
});
