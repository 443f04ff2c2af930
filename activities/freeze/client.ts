import type { Runs } from "../runs/port";
import { type Freeze, type Freezes, freezesType } from "./port";

/** Asks the workflow that keeps freezes, so that a freeze counts from the moment on at which it was set. */
export const createFreezes = (runs: Runs): Freezes => ({
  async holding(resources) {
    const held = await runs.ask(freezesType, freezesType, [resources]);
    // Nobody has set a freeze or started a run yet.
    return (held ?? []) as readonly Freeze[];
  },
});
