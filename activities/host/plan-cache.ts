import type { ArtifactRef, ArtifactStore } from "../artifacts/port";

const keptPlans = 4;

/** All visits of a run share one plan; a worker reads it once, not once a host. */
export function createPlanCache<Plan>(
  artifacts: Pick<ArtifactStore, "get">,
): (ref: ArtifactRef) => Promise<Plan> {
  const plans = new Map<string, Promise<Plan>>();
  return (ref) => {
    const known = plans.get(ref.sha256);
    if (known !== undefined) return known;
    const plan = artifacts.get(ref).then((text) => JSON.parse(text) as Plan);
    plan.catch(() => plans.delete(ref.sha256));
    plans.set(ref.sha256, plan);
    const oldest = plans.keys().next().value;
    if (plans.size > keptPlans && oldest !== undefined) plans.delete(oldest);
    return plan;
  };
}
