import * as switchover from "../../../runbooks/switchover/ids";
import type { switchover as switchoverRun } from "../../../runbooks/switchover/workflow";
import type {
  RejoinOrder,
  SwitchOrder,
  SwitchoverActivities,
} from "../../../activities/postgres/switchover/port";
import type { Cluster } from "../../../lab/postgres/cluster";
import { describeWhen } from "../../harness/describe-when";
import { networkMissing } from "../../harness/network";
import { postgresMissing } from "../../harness/postgres-cluster";
import {
  type PgNetworkLab,
  startPgNetworkLab,
} from "../../harness/postgres-network";
import { streaming } from "../../harness/postgres-pair";
import {
  type ReplicaHandle,
  type ReplicaRig,
  replicaRigOn,
} from "./replica-rig";

/** Shorter than a minute, so that a cut is noticed while a test waits for it. */
const settings = { wal_sender_timeout: "5s", wal_receiver_timeout: "5s" };

/** One run, in the order of its life. */
describeWhen(postgresMissing() ?? networkMissing())(
  "a standby between which and its primary the network is cut",
  () => {
    let rig: ReplicaRig<PgNetworkLab>;
    let run: ReplicaHandle;
    let cutBefore: "checkpoint" | "rejoin" | undefined;
    const isCutBefore = async (step: typeof cutBefore): Promise<boolean> => {
      if (cutBefore !== step) return false;
      cutBefore = undefined;
      await rig.lab.network.cut();
      return true;
    };
    beforeAll(async () => {
      rig = await replicaRigOn(startPgNetworkLab({ settings }), {
        around: (activities) => {
          const own = activities as Partial<SwitchoverActivities>;
          const { checkpoint, rejoin } = own as SwitchoverActivities;
          return {
            ...activities,
            checkpoint: async (order: SwitchOrder) => {
              await isCutBefore("checkpoint");
              return checkpoint(order);
            },
            rejoin: async (order: RejoinOrder) => {
              const isCut = await isCutBefore("rejoin");
              return rejoin(isCut ? { ...order, timeoutS: 10 } : order);
            },
          };
        },
      });
      run = await rig.start({ change: "cut" });
      await rig.answer(run, "begin", "approve");
      await rig.gate(run, "ready");
    }, 400_000);
    afterAll(() => rig.stop(), 60_000);

    const isOpen = async (server: Cluster): Promise<boolean> =>
      (await server.sql("select pg_is_in_recovery()")) === "f";

    async function switchAs(attempt: number) {
      const change = `cut-${attempt}`;
      const child = rig.server.client.workflow.getHandle<typeof switchoverRun>(
        switchover.workflowId({ target: "db", change }),
      );
      await rig.answer(child, "switch", "approve");
      return child;
    }

    it("is told as long as it does not stream, and finds all that its slot has held", async () => {
      const { primary, replica, network } = rig.lab;
      await network.cut();
      const isTold = (notices: readonly { text: string }[] = []) =>
        notices.some(({ text }) => text === "its slot is inactive");
      await rig.until(run, ({ notices }) => isTold(notices));
      await primary.sql("create table meanwhile as select 1 as n");
      await primary.sql("select pg_switch_wal()");
      await primary.sql("checkpoint");
      const slot = "select active, wal_status from pg_replication_slots";
      expect(await primary.sql(slot)).toBe("f|reserved");
      await network.heal();
      await rig.until(run, ({ notices }) => notices === undefined);
      expect(await primary.sql(slot)).toBe("t|reserved");
      await primary.caughtUp(replica);
      expect(await replica.sql("select n from meanwhile")).toBe("1");
    }, 400_000);

    it("is not promoted without the primary's last record: that one is opened again, and clients wait no longer than they must", async () => {
      const { primary, replica, network } = rig.lab;
      cutBefore = "checkpoint";
      await rig.answer(run, "ready", "switch over");
      const child = await switchAs(1);
      const { outcome, text, pausedMs } = await child.result();
      expect(outcome).toBe("went back");
      expect(await rig.reportOf({ text })).toMatch(
        /Prove that the standby has everything failed: replica has replayed up to/,
      );
      // Half a minute is waited for the record, once.
      expect(pausedMs).toBeLessThan(75_000);
      expect(await isOpen(primary)).toBe(true);
      expect(await isOpen(replica)).toBe(false);
      const { title } = await rig.gate(run, "failed-switchover");
      expect(title).toContain("the switchover ended as went back");
      await network.heal();
      await streaming(primary);
    }, 400_000);

    it("takes over all the same when it is cut behind the promotion, and the old primary follows once it can", async () => {
      const { primary, replica, network } = rig.lab;
      cutBefore = "rejoin";
      await rig.answer(run, "failed-switchover", "retry");
      const child = await switchAs(2);
      const { title } = await rig.gate(child, "failed-rejoin");
      expect(title).toContain("primary does not stream from replica");
      expect(await isOpen(replica)).toBe(true);
      expect(await isOpen(primary)).toBe(false);
      await network.heal();
      await rig.answer(child, "failed-rejoin", "retry");
      expect(await run.result()).toMatchObject({ outcome: "switched over" });
      await streaming(replica);
      await replica.sql("create table afterwards as select 1 as n");
      await replica.caughtUp(primary);
      expect(await primary.sql("select n from afterwards")).toBe("1");
      expect(await isOpen(primary)).toBe(false);
    }, 400_000);
  },
);
