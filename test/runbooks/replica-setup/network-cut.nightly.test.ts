import { setTimeout as pause } from "node:timers/promises";
import { describeWhen } from "../../harness/describe-when";
import { networkMissing } from "../../harness/network";
import { postgresMissing } from "../../harness/postgres-cluster";
import {
  type PgNetworkLab,
  startPgNetworkLab,
} from "../../harness/postgres-network";
import { WalWriter } from "../../harness/wal-writer";
import {
  copying,
  type ReplicaHandle,
  type ReplicaRig,
  replicaRigOn,
} from "./replica-rig";

const minuteMs = 60_000;

describeWhen(postgresMissing() ?? networkMissing())(
  "a replica setup between whose servers the network is cut",
  () => {
    let rig: ReplicaRig<PgNetworkLab>;
    beforeAll(async () => {
      const settings = { wal_sender_timeout: "5s" };
      rig = await replicaRigOn(startPgNetworkLab({ settings }));
    }, 300_000);
    afterAll(() => rig.stop(), 60_000);
    const begun: ReplicaHandle[] = [];
    let writer: WalWriter | undefined;
    afterEach(async () => {
      await writer?.stop();
      await rig.lab.network.heal();
      // One that failed its test must not stand in the way of the next.
      for (const run of begun.splice(0)) {
        await run.cancel().catch(() => undefined);
        await run.result().catch(() => undefined);
      }
    }, 120_000);

    async function begin(
      input: Parameters<ReplicaRig["start"]>[0],
    ): Promise<ReplicaHandle> {
      const run = await rig.start(input);
      begun.push(run);
      await rig.answer(run, "begin", "approve");
      return run;
    }

    /** On the primary, on the replica's host and in its folders. */
    async function nothingIsLeft(): Promise<void> {
      const { primary, replica, network, servers } = rig.lab;
      const count = (table: string): Promise<string> =>
        primary.sql(`select count(*) from ${table}`);
      expect(await count("pg_replication_slots")).toBe("0");
      expect(await count("pg_stat_replication")).toBe("0");
      expect(await count("pg_extension where extname = 'amcheck'")).toBe("0");
      expect(await primary.sql("show max_slot_wal_keep_size")).toBe("-1");
      const running = await network.host("replica").processes();
      expect(running.filter((name) => name !== "sshd")).toEqual([]);
      const { dataDirectory, workFolder } = servers.replica;
      const listed = await replica.run([
        ...(["sh", "-c"] as const),
        'find "$@" -mindepth 1 2>/dev/null; :',
        ...["sh", `${workFolder}/attempts`, `${workFolder}/scratch`],
        dataDirectory,
      ]);
      expect(listed.trim()).toBe("");
    }

    it("for a minute in the middle of the copy goes on with it, and copies nothing twice", async () => {
      const run = await begin({
        backup: { method: "basebackup", maxRateMiB: 4 },
      });
      await copying(rig);
      await rig.lab.network.cut();
      await pause(minuteMs);
      await rig.lab.network.heal();
      const { steps } = await rig.until(run, ({ steps: now }) =>
        now.some(({ id, standing }) => id === "copy" && standing !== "in work"),
      );
      const copy = steps.find(({ id }) => id === "copy");
      expect(copy).toMatchObject({ standing: "done", attempt: 1 });
      expect(copy?.workedMs).toBeGreaterThan(minuteMs);
      await rig.answer(run, "ready", "roll back");
      expect(await run.result()).toMatchObject({ outcome: "rolled back" });
      await nothingIsLeft();
    }, 300_000);

    it("for longer than its slot may hold WAL is told, held and given up, and frees the primary's disk while it is cut off", async () => {
      const run = await begin({
        // Far enough apart that no look misses one.
        slot: { capMiB: 1_024, warn: 2, hold: 10, abort: 16 },
      });
      await rig.gate(run, "ready");
      writer = new WalWriter(rig.lab.primary);
      await rig.lab.network.cut();
      await rig.until(run, ({ notices = [] }) =>
        notices.some(({ watch }) => watch === "slot"),
      );
      const { title } = await rig.gate(run, "watch-slot");
      expect(title).toMatch(/Watch slot holds the run: holds .* of WAL/);
      const { outcome, text } = await run.result();
      await writer.stop();
      expect(outcome).toBe("aborted");
      await nothingIsLeft();
      expect(await rig.reportOf({ text })).toMatch(/watch slot: abort: holds/);
    }, 300_000);
  },
);
