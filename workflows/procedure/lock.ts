import { CancellationScope } from "@temporalio/workflow";
import { takeLock } from "../lock/take-lock";
import { leaveLock, lockHolder, thisRun } from "./calls";
import type { Core } from "./core";
import type { PreparedProcedure } from "./spec";

interface LockOptions {
  readonly core: Core;
  readonly prepared: Pick<PreparedProcedure, "summary" | "lock">;
  /** How often the run was called to its turn. */
  readonly calls: () => number;
}

/** The right to change what the run is to change; asked for by its first step that changes anything, and kept to its end. */
export class ProcedureLock {
  #taking: Promise<void> | undefined;

  constructor(private readonly options: LockOptions) {}

  /**
   * Stands in line, for as long as nothing else holds the step: one that may not begin must not keep others from it.
   *
   * @param isOff something else holds it now
   */
  async take(isOff: () => boolean): Promise<void> {
    this.#taking ??= this.#take(isOff).finally(() => {
      this.#taking = undefined;
    });
    await this.#taking;
  }

  async #take(isOff: () => boolean): Promise<void> {
    const { core, calls, prepared } = this.options;
    const { resources, expectedMs } = prepared.lock;
    const ask = {
      ...{ run: thisRun(), holder: lockHolder(), resources },
      summary: prepared.summary,
      ...(expectedMs === undefined ? {} : { expectedMs }),
    };
    const isHeld = await takeLock(ask, {
      ...{ calls, isOff },
      onWait: ({ kind: _, ...wait }) =>
        core.dispatch({ kind: "lock", lock: { kind: "waiting", wait } }),
    });
    if (isHeld && !isOff())
      return core.dispatch({ kind: "lock", lock: { kind: "held" } });
    core.note("its turn has come, but it may not begin: gives its lock back");
    await CancellationScope.nonCancellable(() => leaveLock());
    core.dispatch({ kind: "lock", lock: { kind: "none" } });
  }
}
