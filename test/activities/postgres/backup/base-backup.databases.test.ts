import { existsSync } from "node:fs";
import type { BackupOrder } from "../../../../activities/postgres/backup/port";
import { startCutProxy } from "../../../harness/cut-proxy";
import { describeWhen } from "../../../harness/describe-when";
import { eventually } from "../../../harness/eventually";
import { postgresMissing } from "../../../harness/postgres-cluster";
import { listedFingerprint } from "../../../harness/ssh-servers";
import { type BackupRig, copiesOf, startBackupRig } from "./backup-rig";

jest.setTimeout(180_000);

describeWhen(postgresMissing())("a base backup that is disturbed", () => {
  let rig: BackupRig;
  beforeAll(async () => {
    rig = await startBackupRig({
      fill: { sizeMb: 1, tablespace: true },
      settings: { max_replication_slots: "60" },
    });
  });
  afterAll(() => rig.stop());

  const slowly = { kind: "basebackup", maxRateBytes: 8 * 1024 * 1024 } as const;
  const streams = (order: BackupOrder) =>
    eventually(async () =>
      (await rig.walsenders(order)) === 2 ? true : undefined,
    );

  test("is joined by a second call, and copied once", async () => {
    const order = await rig.order({ method: slowly });
    const first = rig.take(order);
    await streams(order);
    const second = rig.take(order);
    expect(await Promise.all([first, second])).toEqual([
      await first,
      await first,
    ]);
    await expect(first).resolves.toMatchObject({ attempt: 1 });
  });

  test("goes on when its worker goes away, and is joined by the next one", async () => {
    const order = await rig.order({ method: slowly });
    const worker = new AbortController();
    const lost = rig.take(order, worker.signal);
    await streams(order);
    worker.abort(new Error("the worker is gone"));
    await expect(lost).rejects.toThrow("the worker is gone");
    expect(await rig.walsenders(order)).toBe(2);
    await expect(rig.take(order)).resolves.toMatchObject({ attempt: 1 });
  });

  test("outlives the loss of all connections to its host", async () => {
    const { host } = rig.lab.servers.replica.ssh;
    const proxy = await startCutProxy(host);
    const { knownHostsFile } = rig.lab.hosts;
    const fingerprint = listedFingerprint(knownHostsFile, host);
    const behind = {
      ...host,
      address: "127.0.0.1",
      port: proxy.port,
      fingerprint,
    };
    const { replica } = rig.lab.servers;
    const order = await rig.order({
      method: slowly,
      replica: { ...replica, ssh: { ...replica.ssh, host: behind } },
    });
    const taken = rig.take(order);
    await streams(order);
    const { connections } = proxy;
    proxy.cut();
    await expect(taken).resolves.toMatchObject({ attempt: 1 });
    expect(proxy.connections).toBeGreaterThan(connections);
    await proxy.stop();
  });

  test("whose processes were killed is begun anew by the next attempt alone", async () => {
    const order = await rig.order({ method: slowly });
    const taken = rig.take(order);
    taken.catch(() => undefined);
    await streams(order);
    killCopy(order);
    await expect(taken).rejects.toMatchObject({ failureClass: "human" });
    // A repeated call learns the same, and copies nothing.
    await expect(rig.take(order)).rejects.toMatchObject({
      failureClass: "human",
    });
    const next = await rig.take({
      ...order,
      attempt: 2,
      method: { kind: "basebackup" },
    });
    expect(next.path).toMatch(/-2$/);
    expect(existsSync(next.path.replace(/-2$/, "-1"))).toBe(false);
  });

  test("whose walsender was ended says so, and leaves the next attempt to a person", async () => {
    const order = await rig.order({ method: slowly });
    const taken = rig.take(order);
    taken.catch(() => undefined);
    await streams(order);
    await rig.lab.primary.sql(
      "select pg_terminate_backend(pid) from pg_stat_replication where state = 'backup'",
    );
    await expect(taken).rejects.toMatchObject({
      type: expect.stringMatching(
        /^postgres\.(copyInterrupted|connectionLost)$/,
      ),
      failureClass: "human",
    });
  });

  test("whose primary restarts fails, and its next attempt succeeds", async () => {
    const order = await rig.order({ method: slowly });
    const taken = rig.take(order);
    taken.catch(() => undefined);
    await streams(order);
    await rig.lab.primary.restart("fast");
    await expect(taken).rejects.toMatchObject({ failureClass: "human" });
    await expect(
      rig.take({ ...order, attempt: 2, method: { kind: "basebackup" } }),
    ).resolves.toMatchObject({ attempt: 2 });
  });

  test("with a limited rate tells percent, bytes and a forecast as it goes", async () => {
    const order = await rig.order({ method: slowly });
    const before = rig.told.length;
    await rig.take(order);
    const told = rig.told.slice(before);
    const copying = told.filter(({ line }) => line.startsWith("copies"));
    expect(copying.length).toBeGreaterThan(3);
    const percents = copying.map(({ percent = 0 }) => percent);
    expect(percents).toEqual([...percents].sort((a, b) => a - b));
    expect(copying.at(-1)).toMatchObject({
      etaMs: expect.any(Number),
      step: "copy",
    });
  });
});

/** SIGKILL to all of a copy at once, as for want of memory. */
function killCopy(order: BackupOrder): void {
  for (const pid of copiesOf(order)) process.kill(pid, "SIGKILL");
}
