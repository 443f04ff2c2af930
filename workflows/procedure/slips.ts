import { isCancellation } from "@temporalio/workflow";
import type { Window } from "../window/window";
import type { Core } from "./core";
import { blindLookAt, slipOf } from "./slip";
import type { StepSpec } from "./spec";
import { runningSteps } from "./state";

interface SlipsOptions {
  readonly core: Core;
  readonly window: Pick<Window, "judged">;
  readonly specOf: (id: string) => StepSpec | undefined;
}

/** Tells of each step that will not end within its window, before the window ends. */
export class Slips {
  constructor(private readonly options: SlipsOptions) {}

  /** Keeps looking for as long as the run goes forward. */
  keep(): void {
    this.#loop().catch((error: unknown) => {
      if (!isCancellation(error)) throw error;
    });
  }

  async #loop(): Promise<void> {
    const { core } = this.options;
    for (;;) {
      const now = Date.now();
      this.#look(now);
      const blindAt = this.#blindAt(now);
      await core.untilChanged(blindAt && blindAt - now);
    }
  }

  #look(now: number): void {
    const { core, window } = this.options;
    const said = window.judged(now)?.said;
    if (said?.open !== true) return;
    for (const { spec, step } of this.#underWay()) {
      const slip = slipOf(spec, step, said, now);
      if (slip === undefined) continue;
      const { id, title } = spec;
      core.dispatch({ kind: "slipped", id, slip });
      core.tell({ kind: "slip", step: id, title, ...slip });
    }
  }

  /** When a step that says nothing of its end is told of; undefined when there is none. */
  #blindAt(now: number): number | undefined {
    const said = this.options.window.judged(now)?.said;
    if (said?.open !== true) return undefined;
    const at = blindLookAt(said);
    const isBlind = this.#underWay().some(
      ({ step }) =>
        step.progress?.etaMs === undefined &&
        step.slip?.windowEnd !== said.until,
    );
    return isBlind && at !== undefined && at > now ? at : undefined;
  }

  #underWay() {
    const { core, specOf } = this.options;
    return runningSteps(core.state).flatMap((id) => {
      const spec = specOf(id);
      const step = core.state.steps[id];
      return spec?.disruptive === true && step?.kind === "running"
        ? [{ spec, step }]
        : [];
    });
  }
}
