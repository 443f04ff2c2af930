import { baseBackup } from "../../../../activities/postgres/backup/base-backup";
import type { StepProgress } from "../../../../activities/postgres/port";
import { describeWhen } from "../../../harness/describe-when";
import { postgresMissing } from "../../../harness/postgres-cluster";
import { type BackupRig, startBackupRig } from "./backup-rig";

jest.setTimeout(180_000);

describeWhen(postgresMissing())("the forecast of a real copy", () => {
  let rig: BackupRig;
  beforeAll(async () => {
    rig = await startBackupRig({ fill: { sizeMb: 4 } });
  });
  afterAll(() => rig.stop());

  test("of more than a minute is within a fifth of the end after a quarter of it", async () => {
    const order = await rig.order();
    // An empty cluster has some 25 MB beside its rows.
    const maxRateBytes = Math.floor((order.facts.bytes + 4_000_000) / 66);
    const at: { ms: number; percent: number; etaMs?: number | undefined }[] =
      [];
    const beganAt = Date.now();
    const deps = {
      ...rig.deps,
      tell: ({ percent = 0, etaMs }: StepProgress) =>
        void at.push({ ms: Date.now() - beganAt, percent, etaMs }),
    };
    const method = { kind: "basebackup", maxRateBytes } as const;
    const { signal } = new AbortController();
    await baseBackup(deps, { ...order, method }, signal);
    const tookMs = Date.now() - beganAt;
    expect(tookMs).toBeGreaterThan(60_000);
    const quarter = at.find(({ percent }) => percent >= 25);
    const forecastMs = (quarter?.ms ?? 0) + (quarter?.etaMs ?? 0);
    const errorPct = (Math.abs(forecastMs - tookMs) / tookMs) * 100;
    process.stderr.write(
      `forecast ${forecastMs} ms, took ${tookMs} ms, error ${errorPct.toFixed(1)} %\n`,
    );
    expect(errorPct).toBeLessThan(20);
  });
});
