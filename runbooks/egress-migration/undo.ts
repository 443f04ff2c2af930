import type { StepWork } from "../../workflows/procedure/runner";
import { changes } from "./calls";
import { publish } from "./provision";
import type { EgressRun } from "./run";
import type { Steering } from "./steering";
import type { EgressStepId } from "./steps";
import { endStress } from "./stress";

type Inverses = Partial<Record<EgressStepId, StepWork<unknown>>>;

/**
 * What takes each step back, the last one that has begun first. All stages go back at once, with the first of them that has
 * begun: nobody waits for a stage in between, and nothing but the old addresses comes before it.
 */
export function inverses(run: EgressRun, steering: Steering): Inverses {
  const { gateways } = run.prepared.plan;
  return {
    quarantine: () => changes.bringBackGateways({ gateways }),
    [firstStage(run)]: () => steering.takeBack(),
    publish: () => publish(run, "none"),
    provision: () =>
      changes.restoreGateways({
        ...{ gateways, generation: steering.nextGeneration() },
      }),
    stress: () => endStress(run),
  };
}

/** A run without own test sites has begun with the second. */
const firstStage = ({ state }: EgressRun): EgressStepId =>
  state.steps["canary"] === undefined ? "ramp-10" : "canary";
