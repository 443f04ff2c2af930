import { tableText, Writers } from "../../../bench/switchover/writers";
import { keyOf, lostOf } from "../../../bench/switchover/writes";
import { controlUpdates } from "../../../workflows/controls/messages";
import type { switchover as runSwitchover } from "../../../runbooks/switchover/workflow";
import * as switchover from "../../../runbooks/switchover/ids";
import { describeWhen } from "../../harness/describe-when";
import {
  bouncerMissing,
  postgresMissing,
} from "../../harness/postgres-cluster";
import { streaming } from "../../harness/postgres-pair";
import { leftBehind, nothing } from "./left-behind";
import { type ReplicaRig, startReplicaRig } from "./replica-rig";

describeWhen(postgresMissing() ?? bouncerMissing())(
  "a replica setup that goes on to a switchover",
  () => {
    let rig: ReplicaRig;
    let writers: Writers;
    beforeAll(async () => {
      rig = await startReplicaRig({ lab: { pgbouncer: true } });
      const { primary, pgbouncer, ground } = rig.lab;
      await primary.sql(tableText("app"), "shop");
      const { address, port } = pgbouncer.settings;
      const { password } = ground;
      const place = { address, port, user: "app", password, database: "shop" };
      writers = new Writers(place, 2);
    }, 120_000);
    afterAll(async () => {
      await writers.stop();
      await rig.stop();
    }, 180_000);

    const childOf = (change: string) =>
      rig.server.client.workflow.getHandle<typeof runSwitchover>(
        switchover.workflowId({ target: "db", change }),
      );

    it("asks its switchover to go back when it is aborted meanwhile, and takes itself away", async () => {
      const run = await rig.start({ change: "turned" });
      await rig.answer(run, "begin", "approve");
      await rig.answer(run, "ready", "switch over");
      const child = childOf("turned-1");
      await rig.gate(child, "switch");
      await run.executeUpdate(controlUpdates.abort, {
        args: [{ by: "test", reason: "not tonight" }],
      });
      expect(await child.result()).toMatchObject({ outcome: "aborted" });
      expect(await run.result()).toMatchObject({ outcome: "aborted" });
      expect(await leftBehind(rig)).toEqual(nothing);
    }, 240_000);

    it("ends with the new primary, the old one behind it, every acknowledged write, and nothing of the run", async () => {
      const { lab } = rig;
      const run = await rig.start({ change: "whole" });
      await rig.answer(run, "begin", "approve");
      await rig.answer(run, "ready", "switch over");
      const child = childOf("whole-1");
      const { title } = await rig.gate(child, "switch");
      expect(title).toContain("replica takes over from primary on db");
      expect(title).not.toContain("WITHOUT");
      await rig.answer(child, "switch", "approve");
      expect(await run.result()).toMatchObject({ outcome: "switched over" });
      await writers.heard();
      await writers.stop();

      expect(await lab.replica.sql("select pg_is_in_recovery()")).toBe("f");
      expect(await lab.primary.sql("select pg_is_in_recovery()")).toBe("t");
      await streaming(lab.replica);
      const rows = await lab.replica.sql(
        "select writer, n from acknowledged",
        "shop",
      );
      const kept = new Set(
        rows.split("\n").map((row) => {
          const [writer, n] = row.split("|").map(Number);
          return keyOf({ writer: writer ?? 0, n: n ?? 0 });
        }),
      );
      expect(writers.acknowledged.length).toBeGreaterThan(0);
      expect(lostOf(writers.acknowledged, kept)).toEqual([]);
      expect(
        await lab.replica.sql(
          "select count(*) from pg_replication_slots where not active",
        ),
      ).toBe("0");
      expect(
        await lab.replica.sql(
          "select count(*) from pg_extension where extname = 'amcheck'",
        ),
      ).toBe("0");
      expect(await lab.replica.sql("show max_slot_wal_keep_size")).toBe("-1");
    }, 240_000);
  },
);
