import type { PostgresPorts } from "../../activities/postgres/port";
import {
  drainClients,
  resumeClients,
} from "../../activities/postgres/switchover/clients";
import { demote } from "../../activities/postgres/switchover/demote";
import { fencePrimary } from "../../activities/postgres/switchover/fence";
import { guards } from "../../activities/postgres/switchover/guards";
import {
  type BackStep,
  stepsBack,
  switchSteps,
  type SwitchStep,
} from "../../activities/postgres/switchover/plan";
import type {
  Demoted,
  GuardLimits,
  Stopped,
  SwitchOrder,
} from "../../activities/postgres/switchover/port";
import {
  promote,
  proveReceived,
  proveTimeline,
} from "../../activities/postgres/switchover/promote";
import { promoteBack } from "../../activities/postgres/switchover/promote-back";
import {
  rejoin,
  restartStandby,
} from "../../activities/postgres/switchover/rejoin";
import { reopenPrimary } from "../../activities/postgres/switchover/reopen";
import { swapped } from "../../activities/postgres/switchover/roles";
import {
  checkpoint,
  stopPrimary,
} from "../../activities/postgres/switchover/stop-primary";

export const limits: GuardLimits = {
  ...{ lagBytes: 16 * 1024 * 1024, lagSeconds: 60 },
  archiveBacklog: 16,
  transactionSeconds: 60,
  unloggedTables: 0,
};

export type Holder = "primary" | "standby";

/** Drives the activities of a switchover in their order, as its runbook does, and back again. */
export class SwitchDrive {
  private stopped: Stopped | undefined;
  private demoted: Demoted | undefined;
  private holder: Holder = "primary";
  private promoteBegun = false;

  constructor(
    private readonly ports: PostgresPorts,
    readonly order: SwitchOrder,
  ) {}

  /** To the end. @throws postgres.* */
  async run(steps: readonly SwitchStep[] = switchSteps): Promise<void> {
    for (const step of steps) await this.go(step);
  }

  /** May be repeated. @throws Error for a guard that fails, postgres.* */
  async go(step: SwitchStep): Promise<void> {
    const { ports, order } = this;
    switch (step) {
      case "guards":
        return this.guard();
      case "drain":
        return drainClients(ports, order);
      case "checkpoint":
        return checkpoint(ports, order);
      case "stop":
        this.stopped = await stopPrimary(ports.programs, order);
        return;
      case "fence":
        return void (await fencePrimary(ports, this.after()));
      case "received":
        return void (await proveReceived(ports, this.after()));
      case "promote":
        return this.promoteWithin(60);
      case "timeline":
        return void (await proveTimeline(ports, this.after()));
      case "rejoin":
        return void (await rejoin(ports, this.after()));
      case "resume":
        return resumeClients(ports, { ...order, to: "standby" });
    }
  }

  /** How the old primary ended; absent until it was stopped. */
  get stoppedAt(): Stopped | undefined {
    return this.stopped;
  }

  /** In seconds. @throws postgres.notPromoted when it takes longer */
  async promoteWithin(timeoutS: number): Promise<void> {
    await promote(this.ports, { ...this.after(), timeoutS });
  }

  /** @returns who takes writes in the end */
  async undo(begun: SwitchStep, isDone: boolean): Promise<Holder> {
    const at = switchSteps.indexOf(begun);
    this.promoteBegun = at >= switchSteps.indexOf("promote");
    this.holder = at < switchSteps.indexOf("resume") ? "primary" : "standby";
    for (const step of stepsBack(begun, isDone)) await this.back(step);
    return this.holder;
  }

  /** May be repeated. @throws postgres.* */
  async back(step: BackStep): Promise<void> {
    const { ports, order, holder: to } = this;
    switch (step) {
      case "demote":
        this.demoted = await demote(ports, this.after());
        if (this.demoted.was === "kept") this.holder = "standby";
        return;
      case "reopen":
        return this.reopen();
      case "let clients go on":
        return resumeClients(ports, { ...order, to });
      case "let the other follow":
        if (to === "standby") return void (await rejoin(ports, this.after()));
        if (this.demoted?.was !== "demoted")
          return restartStandby(ports, order);
        await rejoin(ports, {
          ...{ ...swapped(order), stopped: this.demoted.stopped },
        });
    }
  }

  private async reopen(): Promise<void> {
    const { ports, order, stopped, promoteBegun, demoted } = this;
    if (demoted?.was === "kept") return;
    const { open } =
      demoted === undefined
        ? await reopenPrimary(ports, { ...order, stopped, promoteBegun })
        : await promoteBack(ports, { ...order, demoted: demoted.stopped });
    this.holder = open;
  }

  /** The same servers with their roles changed. */
  swapped(): SwitchDrive {
    return new SwitchDrive(this.ports, swapped(this.order));
  }

  private async guard(): Promise<void> {
    const checks = await guards(this.ports, { ...this.order, limits });
    const bad = checks.filter(({ verdict }) =>
      ["fail", "error"].includes(verdict),
    );
    if (bad.length > 0)
      throw new Error(
        bad
          .map(
            ({ name, measured, reason }) => `${name}: ${measured}; ${reason}`,
          )
          .join("\n"),
      );
  }

  private after() {
    if (this.stopped === undefined)
      throw new Error("the primary was not stopped");
    return { ...this.order, stopped: this.stopped };
  }
}
