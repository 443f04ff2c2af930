import type { StepWork } from "../../workflows/procedure/runner";
import { changes } from "./calls";
import { publish } from "./provision";
import type { EgressRun } from "./run";
import type { Steering } from "./steering";
import { type EgressStepId, stageIds } from "./steps";
import { endStress } from "./stress";

type Inverses = Partial<Record<EgressStepId, StepWork<unknown>>>;

/**
 * What takes each step back, the last one that has begun first. All stages go back at once, with the last of them: nobody waits
 * for a stage in between, nothing but the old addresses comes before it, and those below find it done.
 */
export function inverses(run: EgressRun, steering: Steering): Inverses {
  const { gateways } = run.prepared.plan;
  const takeBack = () => steering.takeBack();
  return {
    quarantine: () => changes.bringBackGateways({ gateways }),
    ...Object.fromEntries(stageIds.map((id) => [id, takeBack])),
    publish: () => publish(run, "none"),
    provision: () =>
      changes.restoreGateways({
        ...{ gateways, generation: steering.nextGeneration() },
      }),
    stress: () => endStress(run),
  };
}
