import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import type { Client } from "@temporalio/client";
import { MockActivityEnvironment } from "@temporalio/testing";
import { DefaultLogger } from "@temporalio/worker";
import { createBackupActivities } from "../../../../activities/postgres/backup/activities";
import { copyKey } from "../../../../activities/postgres/backup/keys";
import { stopBackup } from "../../../../activities/postgres/backup/stop-backup";
import type { BackupOrder } from "../../../../activities/postgres/backup/port";
import { nameOf } from "../../../../activities/postgres/run-mark";
import { describeWhen } from "../../../harness/describe-when";
import { eventually } from "../../../harness/eventually";
import { postgresMissing } from "../../../harness/postgres-cluster";
import { WalReceiver } from "../../../harness/wal-receiver";
import { type BackupRig, copiesOf, startBackupRig } from "./backup-rig";

jest.setTimeout(180_000);

describeWhen(postgresMissing())("a base backup", () => {
  let rig: BackupRig;
  beforeAll(async () => {
    rig = await startBackupRig({
      fill: { sizeMb: 1, tablespace: true },
      settings: { max_replication_slots: "60" },
    });
  });
  afterAll(() => rig.stop());

  const slowly = { kind: "basebackup", maxRateBytes: 2 * 1024 * 1024 } as const;
  const live = new AbortController().signal;
  const streams = (order: BackupOrder) =>
    eventually(async () =>
      (await rig.walsenders(order)) === 2 ? true : undefined,
    );

  test("is whole, known by its manifest, and verified by PostgreSQL's own program", async () => {
    const order = await rig.order();
    const backup = await rig.take(order);
    const { run, replica } = order;
    expect(backup).toMatchObject({
      ...{ kind: "basebackup", attempt: 1, timeline: 1 },
      backupId: `${run.short}-1`,
      path: `${replica.workFolder}/attempts/${run.short}-1`,
      systemIdentifier: order.facts.systemIdentifier,
    });
    const manifest = readFileSync(join(backup.path, "backup_manifest"), "utf8");
    expect(manifest).toContain(
      `"Manifest-Checksum": "${backup.manifestSha256}"`,
    );
    expect(manifest).toContain(`"Start-LSN": "${backup.startLsn}"`);
    expect(manifest).toContain(`"Checksum-Algorithm": "SHA256"`);
    const sizes = [...manifest.matchAll(/"Size": (\d+)/g)];
    expect(backup.bytes).toBe(
      sizes.reduce((sum, [, size]) => sum + Number(size), 0),
    );
    expect(
      await rig.lab.primary.run(["pg_verifybackup", "-e", backup.path]),
    ).toContain("successfully verified");
    expect(await rig.walsenders(order)).toBe(0);
    // Nothing in it knows primary or slot.
    expect(existsSync(join(backup.path, "standby.signal"))).toBe(false);
    expect(
      readFileSync(join(backup.path, "postgresql.auto.conf"), "utf8"),
    ).not.toContain("primary_conninfo");
  });

  test("has its tablespaces beside it, and none at the primary's own path", async () => {
    const order = await rig.order();
    const { path } = await rig.take(order);
    const [tablespace] = order.facts.tablespaces;
    const oid = tablespace?.oid ?? "";
    const link = readlinkSync(join(path, "pg_tblspc", oid));
    expect(link).toBe(`${path}.tblspc/${oid}`);
    expect(readdirSync(link)).toEqual([expect.stringMatching(/^PG_\d+_/)]);
  });

  test("that is finished is never made again, whoever asks", async () => {
    const order = await rig.order();
    const backup = await rig.take(order);
    await expect(rig.take(order)).resolves.toEqual(backup);
    await expect(rig.take({ ...order, attempt: 4 })).resolves.toEqual(backup);
    const { parent, short } = {
      parent: join(backup.path, ".."),
      short: order.run.short,
    };
    expect(
      readdirSync(parent)
        .filter((name) => name.startsWith(short))
        .sort(),
    ).toEqual(
      ["-1", "-1.done", "-1.owner", "-1.tblspc"].map((end) => short + end),
    );
  });

  test("is stopped whole: no process, no walsender, and what is left is told", async () => {
    const order = await rig.order({ method: slowly });
    const taken = rig.take(order);
    taken.catch(() => undefined);
    await streams(order);
    const stopped = await stopBackup(rig.deps, order, live);
    expect(stopped).toMatchObject({ attempt: 1, folder: "partial" });
    await expect(taken).rejects.toMatchObject({ type: "ssh.jobCancelled" });
    expect(await rig.walsenders(order)).toBe(0);
    expect(
      await rig.deps.programs.isJobRunning(order.replica, copyKey(order)),
    ).toBe(false);
    expect(copiesOf(order)).toEqual([]);
    // The slot is free again for the next attempt.
    expect(
      await rig.lab.primary.sql(
        `select active from pg_replication_slots where slot_name = '${order.slot ?? ""}'`,
      ),
    ).toBe("f");
  });

  test("leaves no walsender to the primary, though its receiver takes not even word of that", async () => {
    const order = await rig.order();
    const name = nameOf(order.run);
    const receiver = await WalReceiver.start(rig.lab, name, name);
    await receiver.clog();
    try {
      await expect(stopBackup(rig.deps, order, live)).resolves.toMatchObject({
        walsendersEnded: 1,
      });
    } finally {
      await receiver.kill();
    }
    expect(await rig.walsenders(order)).toBe(0);
  });

  test("that was stopped before it began never begins", async () => {
    const order = await rig.order();
    const stopped = await stopBackup(rig.deps, order, live);
    expect(stopped).toEqual({
      attempt: 1,
      folder: "absent",
      bytes: 0,
      tookMs: 0,
      walsendersEnded: 0,
    });
    await expect(rig.take(order)).rejects.toMatchObject({
      type: "ssh.jobCancelled",
    });
  });

  test("is compressed by the server on its way, and plain where it lies", async () => {
    const order = await rig.order({
      method: { kind: "basebackup", compress: { algorithm: "zstd", level: 1 } },
    });
    const { path } = await rig.take(order);
    expect(
      await rig.lab.primary.run(["pg_verifybackup", "-e", path]),
    ).toContain("successfully verified");
  });

  test.each([
    [{ compress: { algorithm: "lz4" }, maxRateBytes: 1 }, 14],
  ] as const)(
    "by a method that cannot be is refused with every fault at once",
    async (more, major) => {
      const order = await rig.order({
        method: { kind: "basebackup", ...more },
      });
      const asked = rig.take({ ...order, facts: { ...order.facts, major } });
      await expect(asked).rejects.toMatchObject({
        type: "postgres.badMethod",
        message: expect.stringMatching(
          /a rate of 1 .*; compression by a server of PostgreSQL 14/,
        ),
      });
      expect(
        existsSync(
          `${order.replica.workFolder}/attempts/${order.run.short}-1.owner`,
        ),
      ).toBe(false);
    },
  );

  test("is not begun when the primary has a tablespace that the preflight did not see", async () => {
    const order = await rig.order();
    const asked = rig.take({
      ...order,
      facts: { ...order.facts, tablespaces: [] },
    });
    await expect(asked).rejects.toMatchObject({
      type: "postgres.tablespacesChanged",
    });
    expect(
      existsSync(
        `${order.replica.workFolder}/attempts/${order.run.short}-1.owner`,
      ),
    ).toBe(false);
  });

  test("of another cluster than the one that was looked at does not count", async () => {
    const order = await rig.order();
    const facts = { ...order.facts, systemIdentifier: "7000000000000000001" };
    await expect(rig.take({ ...order, facts })).rejects.toMatchObject({
      type: "postgres.attemptSpoilt",
      message: expect.stringContaining("it is a copy of cluster"),
    });
    expect(
      existsSync(
        `${order.replica.workFolder}/attempts/${order.run.short}-1.done`,
      ),
    ).toBe(false);
  });

  test("that was stopped is counted, and discarded under guard once nothing runs", async () => {
    const { baseBackup, stopBackup, attemptCost, discardAttempt } =
      createBackupActivities(rig.deps);
    const order = await rig.order({ method: slowly });
    const taken = inActivity(() => baseBackup(order));
    taken.catch(() => undefined);
    await streams(order);
    await expect(inActivity(() => discardAttempt(order))).rejects.toMatchObject(
      { type: "postgres.stillRunning", nonRetryable: true },
    );
    await inActivity(() => stopBackup(order));
    await expect(taken).rejects.toMatchObject({
      type: "ssh.jobCancelled",
      nonRetryable: true,
    });
    const reached = { bytes: order.facts.bytes / 2, tookMs: 60_000 };
    await expect(
      inActivity(() => attemptCost({ ...order, reached })),
    ).resolves.toMatchObject({ bytes: order.facts.bytes, expectedMs: 120_000 });
    await expect(inActivity(() => discardAttempt(order))).resolves.toBe(
      "removed",
    );
    await expect(inActivity(() => discardAttempt(order))).resolves.toBe(
      "absent",
    );
  });
});

/** Of a run that listens to no signal of its steps. */
const client = {
  workflow: { getHandle: () => ({ signal: async () => undefined }) },
  withAbortSignal: (_: AbortSignal, work: () => unknown) => work(),
} as unknown as Client;
const logger = new DefaultLogger("ERROR");
const inActivity = <T>(work: () => Promise<T>): Promise<T> =>
  new MockActivityEnvironment({}, { logger, client }).run(work);
