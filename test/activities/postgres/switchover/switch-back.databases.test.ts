import { demote } from "../../../../activities/postgres/switchover/demote";
import { fencePrimary } from "../../../../activities/postgres/switchover/fence";
import {
  stepsBack,
  switchSteps,
} from "../../../../activities/postgres/switchover/plan";
import { promote } from "../../../../activities/postgres/switchover/promote";
import { promoteBack } from "../../../../activities/postgres/switchover/promote-back";
import {
  rejoin,
  restartStandby,
} from "../../../../activities/postgres/switchover/rejoin";
import { swapped } from "../../../../activities/postgres/switchover/roles";
import { describeWhen } from "../../../harness/describe-when";
import {
  bouncerMissing,
  postgresMissing,
} from "../../../harness/postgres-cluster";
import { SwitchScene } from "../../../harness/switch-scene";

jest.setTimeout(120_000);

const promoted = switchSteps.slice(0, switchSteps.indexOf("resume"));
const way = stepsBack("timeline", true);

describeWhen(postgresMissing() ?? bouncerMissing())(
  "the way back from a promoted standby",
  () => {
    let scene: SwitchScene;
    beforeAll(async () => {
      scene = await SwitchScene.start();
      await scene.writers.heard();
    });
    afterAll(() => scene.stop());

    /** Promoted, and no client goes on. */
    async function promotedDrive() {
      const drive = scene.next();
      await drive.run(promoted);
      const { stoppedAt: stopped, order } = drive;
      if (stopped === undefined) throw new Error("it was not stopped");
      const { ports } = scene.pair;
      return { drive, order, ports, after: { ...order, stopped } };
    }
    type Promoted = Awaited<ReturnType<typeof promotedDrive>>;

    async function demoted({ ports, after }: Promoted) {
      const found = await demote(ports, after);
      if (found.was === "kept") throw new Error(found.seen);
      return found.stopped;
    }

    it.each(way)(
      "repeats %s, whose answer was lost, and ends with one writable server",
      async (step) => {
        const { drive, order } = await promotedDrive();
        const at = way.indexOf(step);
        for (const one of way.slice(0, at + 1)) await drive.back(one);
        expect(await scene.writableOf(order)).toHaveLength(
          step === "demote" ? 0 : 1,
        );
        for (const one of way.slice(at)) await drive.back(one);
        await scene.settled(order, "primary");
        expect(await scene.slotsOf(order.standby)).toBe("");
        expect(await scene.slotsOf(order.primary)).toBe(
          `rb_${order.run.short}`,
        );
      },
    );

    it("goes on where the old primary follows already", async () => {
      const { drive, order, ports, after } = await promotedDrive();
      await rejoin(ports, after);
      expect(await drive.undo("timeline", true)).toBe("primary");
      await scene.settled(order, "primary");
    });

    it.each(["killed", "stopped before anybody followed"])(
      "starts the new primary once more that was %s, and closes it as it has to be",
      async (how) => {
        const { drive, order, ports, after } = await promotedDrive();
        if (how === "killed") await rejoin(ports, after);
        const cluster = scene.clusterOf(order.standby);
        await (how === "killed" ? cluster.kill() : cluster.stop());
        expect(await scene.writableOf(order)).toEqual([]);
        expect(await drive.undo("timeline", true)).toBe("primary");
        await scene.settled(order, "primary");
      },
    );

    it.each(["fenced", "fenced, and the old one promoted"])(
      "goes on where the new primary is closed and %s",
      async (how) => {
        const made = await promotedDrive();
        const { drive, order, ports } = made;
        await drive.back("demote");
        const back = { ...swapped(order), stopped: await demoted(made) };
        await fencePrimary(ports, back);
        if (how !== "fenced") await promote(ports, back);
        for (const one of way.slice(1)) await drive.back(one);
        await scene.settled(order, "primary");
      },
    );

    it("starts an old primary that died as it waited to be promoted, and promotes it", async () => {
      const { drive, order } = await promotedDrive();
      await drive.back("demote");
      await scene.clusterOf(order.primary).kill();
      for (const one of way.slice(1)) await drive.back(one);
      await scene.settled(order, "primary");
    });

    it("keeps the new primary where the old one's host is gone, and clients go on there", async () => {
      const { drive, order, ports, after } = await promotedDrive();
      const { hosts } = scene.pair.lab;
      await hosts.setFault(`${order.primary.id}:refuse`);
      expect(await demote(ports, { ...after, timeoutS: 1 })).toEqual({
        ...{ was: "kept" },
        seen: expect.stringContaining("primary does not follow"),
      });
      await hosts.clearFaults();
      await drive.run(["resume", "rejoin"]);
      await scene.settled(order, "standby");
    });

    it("asks while the new primary's host does not answer, and goes back once it does", async () => {
      const { drive, order, ports, after } = await promotedDrive();
      const { hosts } = scene.pair.lab;
      await hosts.setFault(`${order.standby.id}:refuse`);
      await expect(demote(ports, after)).rejects.toMatchObject({
        type: "postgres.notDemoted",
        message: expect.stringContaining("mark done after you have opened"),
      });
      expect((await scene.writableOf(order)).length).toBeLessThan(2);
      await hosts.clearFaults();
      expect(await drive.undo("timeline", true)).toBe("primary");
      await scene.settled(order, "primary");
    });

    it("opens nothing beside a new primary that somebody has started again before its fence", async () => {
      const made = await promotedDrive();
      const { drive, order, ports } = made;
      const stopped = await demoted(made);
      await scene.clusterOf(order.standby).start();
      await expect(
        promoteBack(ports, { ...order, demoted: stopped }),
      ).rejects.toMatchObject({ type: "postgres.startedAgain" });
      expect(await scene.writableOf(order)).toEqual([order.standby.id]);
      await drive.run(["resume", "rejoin"]);
      await scene.settled(order, "standby");
    });

    it("never merely starts a server again that was promoted", async () => {
      const { drive, order, ports } = await promotedDrive();
      await scene.clusterOf(order.standby).stop();
      await expect(restartStandby(ports, order)).rejects.toMatchObject({
        type: "postgres.notRejoined",
      });
      expect(await scene.writableOf(order)).toEqual([]);
      expect(await drive.undo("timeline", true)).toBe("primary");
      await scene.settled(order, "primary");
    });
  },
);
