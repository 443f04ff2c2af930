import type { PostgresPorts } from "../../activities/postgres/port";
import {
  drainClients,
  resumeClients,
} from "../../activities/postgres/switchover/clients";
import { fencePrimary } from "../../activities/postgres/switchover/fence";
import { guards } from "../../activities/postgres/switchover/guards";
import {
  stepsAfter,
  switchBackSteps,
  switchSteps,
  undoAfter,
  type SwitchStep,
} from "../../activities/postgres/switchover/plan";
import type {
  GuardLimits,
  Stopped,
  SwitchOrder,
} from "../../activities/postgres/switchover/port";
import {
  promote,
  proveReceived,
  proveTimeline,
  proveUnwritten,
} from "../../activities/postgres/switchover/promote";
import {
  rejoin,
  restartStandby,
} from "../../activities/postgres/switchover/rejoin";
import { reopenPrimary } from "../../activities/postgres/switchover/reopen";
import {
  checkpoint,
  stopPrimary,
} from "../../activities/postgres/switchover/stop-primary";

export const limits: GuardLimits = {
  lagBytes: 16 * 1024 * 1024,
  archiveBacklog: 16,
  transactionSeconds: 60,
  unloggedTables: 0,
};

export type Holder = "primary" | "standby";

/** Drives the activities of a switchover in their order, as its runbook does, and back again. */
export class SwitchDrive {
  private stopped: Stopped | undefined;

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
    const { ports, order } = this;
    const undo = undoAfter(begun, isDone);
    switch (undo.kind) {
      case "nothing":
        return "primary";
      case "resume":
        await resumeClients(ports, { ...order, to: "primary" });
        return "primary";
      case "reopen":
        return this.reopen(undo.promoteBegun);
      case "switch back":
        await proveUnwritten(ports, this.after());
        await this.go("rejoin");
        await this.swapped().run(switchBackSteps);
        return "primary";
      case "forward only":
        throw new Error("clients have gone on: there is no way back");
    }
  }

  private async reopen(promoteBegun: boolean): Promise<Holder> {
    const { ports, order, stopped } = this;
    const { open } = await reopenPrimary(ports, {
      ...{ ...order, stopped, promoteBegun },
    });
    if (open === "standby") {
      await this.run(stepsAfter("promote"));
      return "standby";
    }
    await resumeClients(ports, { ...order, to: "primary" });
    await restartStandby(ports, order);
    return "primary";
  }

  /** The same servers with their roles changed. */
  swapped(): SwitchDrive {
    const { primary: standby, standby: primary, ...order } = this.order;
    return new SwitchDrive(this.ports, { ...order, primary, standby });
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
