import { existsSync } from "node:fs";
import type { PostgresServer } from "../../../activities/postgres/port";
import { fenceFile } from "../../../activities/postgres/switchover/fence-file";
import type { SwitchStepId } from "../../../runbooks/switchover/steps";
import { describeWhen } from "../../harness/describe-when";
import { type Death, DyingWorker } from "../../harness/dying-worker";
import { eventually } from "../../harness/eventually";
import {
  bouncerMissing,
  postgresMissing,
} from "../../harness/postgres-cluster";
import { type SwitchHandle, SwitchRig } from "./switch-rig";

/** In the middle of each step, or behind its effect, which nobody has heard of. */
const deaths: Readonly<Record<Exclude<SwitchStepId, "record">, Death>> = {
  look: { activity: "guards", call: 1, answers: 5 },
  guards: { activity: "guards", call: 2, answers: 5 },
  // One of two entries is paused.
  drain: { activity: "drainClients", call: 1, answers: 2 },
  checkpoint: { activity: "checkpoint", call: 1, answers: 1 },
  // It has stopped, and nobody has proven it.
  stop: { activity: "stopPrimary", call: 1, answers: 2 },
  received: { activity: "proveReceived", call: 1, answers: 1 },
  // The fence stands.
  fence: { activity: "fencePrimary", call: 1, answers: 3 },
  // It is promoted.
  promote: { activity: "promote", call: 1, answers: 4 },
  timeline: { activity: "proveTimeline", call: 1, answers: 1 },
  // One of two entries goes on.
  resume: { activity: "resumeClients", call: 1, answers: 8 },
  // It has been started.
  rejoin: { activity: "rejoin", call: 1, answers: 6 },
  prove: { activity: "watchLag", call: 1, answers: 1 },
};
type Step = keyof typeof deaths;

/** Each step once; two in a run, since it is a dead worker's heartbeat that takes the time. */
const pairs: readonly (readonly [Step, Step])[] = [
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
    let rig: SwitchRig;
    let worker: DyingWorker;
    beforeAll(async () => {
      rig = await SwitchRig.start({ worker: false });
      worker = await DyingWorker.start(rig);
    }, 240_000);
    afterAll(async () => {
      await worker.stop();
      await rig.stop();
    }, 60_000);

    /** Its end, with somebody looking all the while, as the console does: what is rebuilt for them must be what its history tells. */
    async function endOf(run: SwitchHandle) {
      let isOver = false;
      const result = run.result().finally(() => {
        isOver = true;
      });
      while (!isOver) await rig.look(run);
      const { events } = await run.fetchHistory();
      const failed = (events ?? []).map(
        ({ workflowTaskFailedEventAttributes: one }) => one?.failure?.message,
      );
      expect(failed.filter((message) => message !== undefined)).toEqual([]);
      return result;
    }

    /** Who says that it takes writes. */
    async function open(servers: readonly PostgresServer[]): Promise<string[]> {
      const said = await Promise.all(
        servers.map((server) =>
          rig.scene
            .clusterOf(server)
            .sql("select pg_is_in_recovery()")
            // It does not run.
            .catch(() => "t"),
        ),
      );
      return servers.filter((_, at) => said[at] === "f").map(({ id }) => id);
    }

    /** Of the run, but for the slot on which one server follows the other. */
    async function nothingLeft(servers: readonly PostgresServer[]) {
      for (const server of servers) {
        const cluster = rig.scene.clusterOf(server);
        expect(existsSync(fenceFile(server))).toBe(false);
        await eventually(async () => {
          const left = await cluster.sql(
            `select slot_name from pg_replication_slots where not active union all
             select application_name from pg_stat_activity where application_name like 'rb\\_%' and backend_type = 'client backend'`,
          );
          if (left !== "") throw new Error(`${server.id} has ${left}`);
          return true;
        }, 10_000);
      }
    }

    /** Waits for its end by its own hand, and starts another in its place. */
    async function succeeded(next?: Death): Promise<void> {
      expect(await worker.gone()).toBe("SIGKILL");
      const { primary, standby } = rig.roles();
      expect((await open([primary, standby])).length).toBeLessThan(2);
      worker = await DyingWorker.start(rig, next);
    }

    it.each(pairs)(
      "in the middle of %s, and the next one in the middle of %s, costs time alone: the standby takes over, and nothing is lost or left",
      async (first, second) => {
        const roles = rig.roles();
        worker.diesIn(deaths[first]);
        const run = await rig.start();
        const successors = succeeded(deaths[second]).then(() => succeeded());
        await rig.answer(run, "switch", "approve");
        expect(await endOf(run)).toMatchObject({ outcome: "completed" });
        await successors;
        await rig.scene.settled(roles, "standby");
        await nothingLeft([roles.primary, roles.standby]);
      },
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
      const roles = rig.roles();
      worker.diesIn(deaths.received);
      const run = await rig.approved({ timeBoxS: 30, drainS: 10 });
      await worker.gone();
      await eventually(async () => (await isBoxOver(run)) || undefined);
      worker = await DyingWorker.start(rig);
      const result = await endOf(run);
      expect(result).toMatchObject({ outcome: "went back" });
      expect(await rig.report(result)).toContain(
        "the standby was not promoted within 30 s; goes back by itself",
      );
      await rig.scene.settled(roles, "primary");
      await nothingLeft([roles.primary, roles.standby]);
    }, 240_000);
  },
);
