import { CancellationScope, isCancellation } from "@temporalio/workflow";
import type { FleetUpgradeInput, FleetUpgradeResult } from "./contract";
import { FleetRun } from "./run";

/** Rolls one component's pinned version over the hosts of a target; the steps are those of this folder's README. */
export async function fleetUpgrade(
  input?: FleetUpgradeInput,
): Promise<FleetUpgradeResult> {
  const run = await FleetRun.open(input);
  if (run.isPlanOnly) return run.planned();
  try {
    await run.upgradeCanaries();
    if (await run.askBeforeRest()) await run.upgradeRest();
  } catch (error) {
    if (!isCancellation(error)) throw error;
    await CancellationScope.nonCancellable(async () => {
      await run.drain();
      await run.report("cancelled");
    });
    throw error;
  }
  return run.report("done");
}
