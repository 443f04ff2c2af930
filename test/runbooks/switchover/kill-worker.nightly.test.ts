import { describeWhen } from "../../harness/describe-when";
import { eventually } from "../../harness/eventually";
import {
  bouncerMissing,
  postgresMissing,
} from "../../harness/postgres-cluster";
import type { SwitchHandle } from "./switch-rig";
import { deaths, type KilledStep, WorkerKills } from "./worker-kills";

/** Each step once. */
const pairs: readonly (readonly [KilledStep, KilledStep])[] = [
  ["look", "stop"],
  ["guards", "received"],
  ["drain", "fence"],
  ["checkpoint", "promote"],
  ["timeline", "rejoin"],
  ["resume", "prove"],
];

describeWhen(postgresMissing() ?? bouncerMissing())(
  "a worker killed by SIGKILL",
  () => {
    let kills: WorkerKills;
    beforeAll(async () => {
      kills = await WorkerKills.start();
    }, 240_000);
    afterAll(() => kills.stop(), 60_000);

    it("has each step to die in", () => {
      expect(pairs.flat().sort()).toEqual(Object.keys(deaths).sort());
    });

    it.each(pairs)(
      "in the middle of %s, and the next one in the middle of %s, costs time alone: the standby takes over, and nothing is lost or left",
      (first, second) => kills.surviveBoth(first, second),
      240_000,
    );

    /** Its timer is the only one that lasts for about so long. */
    async function isBoxOver(run: SwitchHandle): Promise<boolean> {
      const { events } = await run.fetchHistory();
      const box = (events ?? []).find(
        ({ timerStartedEventAttributes: one }) =>
          Math.round(Number(one?.startToFireTimeout?.seconds ?? 0) / 10) === 3,
      )?.timerStartedEventAttributes?.timerId;
      return (events ?? []).some(
        ({ timerFiredEventAttributes: one }) =>
          box !== undefined && one?.timerId === box,
      );
    }

    it("with nobody in its place until the time box is over goes back as soon as there is somebody", async () => {
      const { rig } = kills;
      const roles = rig.roles();
      kills.diesIn("received");
      const run = await rig.approved({ timeBoxS: 30, drainS: 10 });
      await kills.gone();
      await eventually(async () => (await isBoxOver(run)) || undefined);
      await kills.replace();
      const result = await kills.endOf(run);
      expect(result).toMatchObject({ outcome: "went back" });
      expect(await rig.report(result)).toContain(
        "the standby was not promoted within 30 s; goes back by itself",
      );
      await rig.scene.settled(roles, "primary");
      await kills.nothingLeft([roles.primary, roles.standby]);
    }, 240_000);
  },
);
