import { existsSync } from "node:fs";
import type { PostgresServer } from "../../../activities/postgres/port";
import { fenceFile } from "../../../activities/postgres/switchover/fence-file";
import type { SwitchStepId } from "../../../runbooks/switchover/steps";
import { type Death, DyingWorker } from "../../harness/dying-worker";
import { eventually } from "../../harness/eventually";
import { type SwitchHandle, SwitchRig } from "./switch-rig";

/** In the middle of each step, or behind its effect, which nobody has heard of. */
export const deaths = {
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
} as const satisfies Readonly<Record<Exclude<SwitchStepId, "record">, Death>>;

export type KilledStep = keyof typeof deaths;

/** Switchovers whose worker is a process of its own, which kills itself by SIGKILL where it is told to. */
export class WorkerKills {
  private constructor(
    readonly rig: SwitchRig,
    private worker: DyingWorker,
  ) {}

  static async start(): Promise<WorkerKills> {
    const rig = await SwitchRig.start({ worker: false });
    return new WorkerKills(rig, await DyingWorker.start(rig));
  }

  async stop(): Promise<void> {
    await this.worker.stop();
    await this.rig.stop();
  }

  diesIn(step: KilledStep): void {
    this.worker.diesIn(deaths[step]);
  }

  gone(): Promise<NodeJS.Signals | null> {
    return this.worker.gone();
  }

  /** In the place of one that is gone. */
  async replace(next?: KilledStep): Promise<void> {
    const death = next === undefined ? undefined : deaths[next];
    this.worker = await DyingWorker.start(this.rig, death);
  }

  /** Two deaths in a run, since it is a dead worker's heartbeat that takes the time: the standby takes over all the same. */
  async surviveBoth(first: KilledStep, second: KilledStep): Promise<void> {
    const { rig } = this;
    const roles = rig.roles();
    this.diesIn(first);
    const run = await rig.start();
    const successors = this.succeeded(second).then(() => this.succeeded());
    await rig.answer(run, "switch", "approve");
    expect(await this.endOf(run)).toMatchObject({ outcome: "completed" });
    await successors;
    await rig.scene.settled(roles, "standby");
    await this.nothingLeft([roles.primary, roles.standby]);
  }

  /** Its end, with somebody looking all the while, as the console does: what is rebuilt for them must be what its history tells. */
  async endOf(run: SwitchHandle) {
    let isOver = false;
    const result = run.result().finally(() => {
      isOver = true;
    });
    while (!isOver) await this.rig.look(run);
    const { events } = await run.fetchHistory();
    const failed = (events ?? []).map(
      ({ workflowTaskFailedEventAttributes: one }) => one?.failure?.message,
    );
    expect(failed.filter((message) => message !== undefined)).toEqual([]);
    return result;
  }

  /** Of the run, but for the slot on which one server follows the other. */
  async nothingLeft(servers: readonly PostgresServer[]): Promise<void> {
    for (const server of servers) {
      const cluster = this.rig.scene.clusterOf(server);
      expect(existsSync(fenceFile(server))).toBe(false);
      await eventually(async () => {
        const left = await cluster.sql(
          `select slot_name from pg_replication_slots where not active union all
           select application_name from pg_stat_activity where application_name like 'rb\\_%' and backend_type = 'client backend'`,
        );
        if (left !== "") throw new Error(`${server.id} has ${left}`);
        return true;
      });
    }
  }

  /** Waits for its end by its own hand, and starts another in its place. */
  private async succeeded(next?: KilledStep): Promise<void> {
    expect(await this.gone()).toBe("SIGKILL");
    const { primary, standby } = this.rig.roles();
    expect((await this.open([primary, standby])).length).toBeLessThan(2);
    await this.replace(next);
  }

  /** Who says that it takes writes. */
  private async open(servers: readonly PostgresServer[]): Promise<string[]> {
    const said = await Promise.all(
      servers.map((server) =>
        this.rig.scene
          .clusterOf(server)
          .sql("select pg_is_in_recovery()")
          // It does not run.
          .catch(() => "t"),
      ),
    );
    return servers.filter((_, at) => said[at] === "f").map(({ id }) => id);
  }
}
