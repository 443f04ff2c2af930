import {
  stepsAfter,
  type SwitchStep,
  switchSteps,
} from "../../../../activities/postgres/switchover/plan";
import { reopenPrimary } from "../../../../activities/postgres/switchover/reopen";
import { describeWhen } from "../../../harness/describe-when";
import {
  bouncerMissing,
  postgresMissing,
} from "../../../harness/postgres-cluster";
import { SwitchScene } from "../../../harness/switch-scene";

jest.setTimeout(120_000);

const upTo = (step: SwitchStep): readonly SwitchStep[] =>
  switchSteps.slice(0, switchSteps.indexOf(step) + 1);
const before = (step: SwitchStep) => upTo(step).slice(0, -1);
const between = (from: SwitchStep, to: SwitchStep) =>
  upTo(to).slice(switchSteps.indexOf(from));

describeWhen(postgresMissing() ?? bouncerMissing())(
  "a switchover that is cut",
  () => {
    let scene: SwitchScene;
    beforeAll(async () => {
      scene = await SwitchScene.start();
      await scene.writers.heard();
    });
    afterAll(() => scene.stop());

    it.each(switchSteps)(
      "behind %s goes on with that step once more, and ends with one writable server",
      async (step) => {
        const drive = scene.next();
        await drive.run(upTo(step));
        await drive.run([step, ...stepsAfter(step)]);
        await scene.settled(drive.order, "standby");
      },
    );

    it.each(before("resume"))(
      "behind %s goes back, and the old primary takes writes again",
      async (step) => {
        const drive = scene.next();
        await drive.run(upTo(step));
        expect(await drive.undo(step, true)).toBe("primary");
        await scene.settled(drive.order, "primary");
      },
    );

    it.each([true, false])(
      "behind resume does not go back (its answer was heard: %s)",
      async (isDone) => {
        const drive = scene.next();
        await drive.run(upTo("resume"));
        expect(await drive.undo("resume", isDone)).toBe("standby");
        await drive.run(["rejoin"]);
        await scene.settled(drive.order, "standby");
      },
    );

    it("goes back from a promotion that was asked for and never happened", async () => {
      const drive = scene.next();
      await drive.run(before("promote"));
      expect(await drive.undo("promote", false)).toBe("primary");
      await scene.settled(drive.order, "primary");
    });

    it("goes forward from a promotion that happened though nobody heard of it", async () => {
      const drive = scene.next();
      await drive.run(upTo("promote"));
      expect(await drive.undo("promote", false)).toBe("standby");
      await scene.settled(drive.order, "standby");
    });

    it("goes back twice, when the worker dies as it goes back", async () => {
      const drive = scene.next();
      await drive.run(before("promote"));
      await drive.undo("promote", false);
      await drive.undo("promote", false);
      await scene.settled(drive.order, "primary");
    });

    it.each(between("fence", "timeline"))(
      "behind %s meets an old primary that somebody has started by hand, as a standby, and goes on",
      async (step) => {
        const drive = scene.next();
        const { primary } = drive.order;
        await drive.run(upTo(step));
        await scene.clusterOf(primary).start();
        expect(await scene.takesWrites(primary)).toBe(false);
        await drive.run(stepsAfter(step));
        await scene.settled(drive.order, "standby");
      },
    );

    it("behind fence goes back though somebody has started the old primary by hand", async () => {
      const drive = scene.next();
      const { primary } = drive.order;
      await drive.run(upTo("fence"));
      await scene.clusterOf(primary).start();
      expect(await scene.takesWrites(primary)).toBe(false);
      expect(await drive.undo("promote", false)).toBe("primary");
      await scene.settled(drive.order, "primary");
    });

    it("is not promoted when somebody started the old primary before the fence", async () => {
      const drive = scene.next();
      const { primary } = drive.order;
      await drive.run(upTo("received"));
      await scene.clusterOf(primary).start();
      await expect(drive.go("fence")).rejects.toMatchObject({
        type: "postgres.startedAgain",
      });
      await expect(drive.go("promote")).rejects.toMatchObject({
        type: "postgres.notFenced",
      });
      expect(await drive.undo("fence", false)).toBe("primary");
      await scene.settled(drive.order, "primary");
    });

    it("meets a standby that was killed as it was to be promoted, proves it, and goes back", async () => {
      const drive = scene.next();
      await drive.run(before("promote"));
      await scene.clusterOf(drive.order.standby).kill();
      expect(await drive.undo("promote", false)).toBe("primary");
      await scene.settled(drive.order, "primary");
    });

    it("opens neither server while a promotion hangs that may still happen, and one once that is known", async () => {
      const drive = scene.next();
      const { primary, standby } = drive.order;
      const { ports } = scene.pair;
      await drive.run(before("promote"));
      const pid = Number(
        await scene
          .clusterOf(standby)
          .sql(
            "SELECT pid FROM pg_stat_activity WHERE backend_type = 'startup'",
          ),
      );
      process.kill(pid, "SIGSTOP");
      const late = drive.promoteWithin(1);
      await expect(late).rejects.toMatchObject({
        type: "postgres.notPromoted",
      });
      await expect(
        reopenPrimary(ports, {
          ...drive.order,
          ...{ stopped: drive.stoppedAt, promoteBegun: true, timeoutS: 2 },
        }),
      ).rejects.toMatchObject({ type: "postgres.neitherOpen" });
      expect(await scene.takesWrites(primary)).toBe(false);
      expect(await scene.takesWrites(standby)).toBe(false);
      process.kill(pid, "SIGCONT");
      const holder = await drive.undo("promote", false);
      await scene.settled(drive.order, holder);
    });

    it("opens neither server while the standby's host does not answer, and one once it does", async () => {
      const drive = scene.next();
      const { primary, standby } = drive.order;
      const { hosts } = scene.pair.lab;
      await drive.run(before("promote"));
      await hosts.setFault(`${standby.id}:refuse`);
      await expect(drive.undo("promote", false)).rejects.toMatchObject({
        type: "postgres.neitherOpen",
        failureClass: "human",
      });
      expect(await scene.takesWrites(primary)).toBe(false);
      expect(await scene.takesWrites(standby)).toBe(false);
      await hosts.clearFaults();
      expect(await drive.undo("promote", false)).toBe("primary");
      await scene.settled(drive.order, "primary");
    });

    it("opens the old primary though the standby's host is gone, when no promotion was asked for", async () => {
      const drive = scene.next();
      const { primary, standby } = drive.order;
      const { hosts } = scene.pair.lab;
      await drive.run(upTo("fence"));
      await hosts.setFault(`${standby.id}:refuse`);
      await expect(drive.undo("fence", true)).rejects.toMatchObject({
        type: expect.stringMatching(/^ssh\./),
      });
      // The standby is to be restarted, and cannot be; writes go on all the same.
      await scene.writers.heard();
      expect(await scene.takesWrites(primary)).toBe(true);
      await hosts.clearFaults();
      expect(await drive.undo("fence", true)).toBe("primary");
      await scene.settled(drive.order, "primary");
    });

    it("does not go back over a write on the promoted server: clients go on there", async () => {
      const drive = scene.next();
      await drive.run(upTo("timeline"));
      expect(await scene.takesWrites(drive.order.standby)).toBe(true);
      expect(await drive.undo("timeline", true)).toBe("standby");
      await scene.settled(drive.order, "standby");
    });
  },
);
