import { cpSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { ArtifactRef } from "../../../../activities/artifacts/port";
import { levelsOf } from "../../../../activities/postgres/verify/levels";
import { readOwnVerification } from "../../../../activities/postgres/verify/own-verification";
import type {
  BackupClaim,
  LevelResult,
  RecordOrder,
} from "../../../../activities/postgres/verify/port";
import { recordVerification } from "../../../../activities/postgres/verify/record-store";
import { describeWhen } from "../../../harness/describe-when";
import { postgresMissing } from "../../../harness/postgres-cluster";
import { BackupLab } from "./backup-lab";

jest.setTimeout(180_000);

const passes = levelsOf("standard", "promotion").map((level): LevelResult => ({
  ...{ level, verdict: "pass", measured: "1", reason: "r", tookMs: 5 },
}));
const without = (level: string) => passes.filter((one) => one.level !== level);

describeWhen(postgresMissing())("the record of a standby's own backup", () => {
  let lab: BackupLab;
  let backup: BackupClaim;
  beforeAll(async () => {
    lab = await BackupLab.start();
    backup = await lab.backup();
    // Published by a rename, as a run does it: the record speaks of the folder of the attempt.
    renameSync(backup.path, lab.pg.servers.replica.dataDirectory);
  });
  afterAll(() => lab.stop());

  const record = (more: Partial<RecordOrder> = {}): Promise<ArtifactRef> =>
    recordVerification(lab.work, {
      ...lab.order(backup),
      ...{ policy: "standard", results: passes },
      // As a later verification keeps it, whatever it lacks.
      ...{ startedAt: Date.now() - 1_000, validMs: 60_000, isAgain: true },
      ...more,
    });
  const read = (ref: ArtifactRef) =>
    readOwnVerification(lab.work, {
      ...{ ref, run: lab.run, standby: lab.pg.servers.replica },
    });
  const refused = (type: string, seen: RegExp) => ({
    ...{ type, message: expect.stringMatching(seen) },
  });

  it("counts, although the backup lies in the data directory now", async () => {
    await expect(read(await record())).resolves.toMatchObject({
      ...{ backupId: backup.backupId, levels: passes },
    });
  });

  it("is refused once it has expired", async () => {
    await expect(read(await record({ validMs: 0 }))).rejects.toMatchObject(
      refused("verification.expired", /counts from .* to .*, and it is/),
    );
  });

  it("is refused when it is of another cluster", async () => {
    const systemIdentifier = "7700000000000000001";
    const ref = await record({ backup: { ...backup, systemIdentifier } });
    await expect(read(ref)).rejects.toMatchObject(
      refused("verification.foreign", /speaks of the system identifier/),
    );
  });

  it("is refused when it is of another host", async () => {
    const replica = { ...lab.pg.servers.replica, id: "elsewhere" };
    await expect(read(await record({ replica }))).rejects.toMatchObject(
      refused("verification.foreign", /speaks of the host elsewhere/),
    );
  });

  it.each(["V4", "V5", "V6", "V7", "V9"])(
    "is refused while %s, which gates a promotion, is missing",
    async (level) => {
      const ref = await record({ results: without(level) });
      await expect(read(ref)).rejects.toMatchObject(
        refused("verification.incomplete", new RegExp(`${level} is missing`)),
      );
    },
  );

  it("is refused when one of its levels failed, asked for or not", async () => {
    const rows: LevelResult = {
      ...{ level: "V8", verdict: "fail", measured: "1", tookMs: 5 },
      reason: "shop public.orders: a row is gone",
    };
    const ref = await record({ results: [...passes, rows] });
    await expect(read(ref)).rejects.toMatchObject(
      refused("verification.incomplete", /V8 fail: shop public.orders/),
    );
  });

  it("is refused when somebody has changed it", async () => {
    const ref = await record({ results: without("V6") });
    const text = await lab.work.deps.artifacts.get(ref);
    await lab.work.deps.artifacts.put(ref.key, text.replace("V9", "V6"));
    await expect(read(ref)).rejects.toMatchObject({
      type: "artifacts.changed",
    });
  });

  it("is refused when the standby was made from another backup", async () => {
    const ref = await record();
    const { dataDirectory } = lab.pg.servers.replica;
    const other = await lab.backup();
    const manifest = join(dataDirectory, "backup_manifest");
    cpSync(join(other.path, "backup_manifest"), manifest);
    await expect(read(ref)).rejects.toMatchObject(
      refused("verification.changedOnDisk", /has the checksum/),
    );
    rmSync(manifest);
    await expect(read(ref)).rejects.toMatchObject(
      refused("verification.changedOnDisk", /of no manifest/),
    );
  });
});
