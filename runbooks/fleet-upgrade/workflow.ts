import {
  CancellationScope,
  isCancellation,
  setCurrentDetails,
} from "@temporalio/workflow";
import { isTemplate } from "../../workflows/template";
import type { FleetUpgradeInput, FleetUpgradeResult } from "./contract";
import { runbookName } from "./ids";
import { type CarriedFleetRun, FleetRun } from "./run";
import { noOutcomes } from "./state";
import { templateText } from "./template";

/** Rolls one component's pinned version over the hosts of a target; the steps are those of this folder's README. */
export async function fleetUpgrade(
  input?: FleetUpgradeInput,
  /** Given by a former run of the same chain, never by a person. */
  carried?: CarriedFleetRun,
): Promise<FleetUpgradeResult> {
  if (isTemplate(runbookName)) return template();
  const run = await FleetRun.open(input, carried);
  if (run.isPlanOnly) return run.planned();
  return run.acrossRuns(input, () => upgradeFleet(run));
}

/** Fills in the UI's form; looks at nothing, touches nothing. */
function template(): FleetUpgradeResult {
  setCurrentDetails(templateText);
  return { outcome: "template", counts: noOutcomes, text: templateText };
}

async function upgradeFleet(run: FleetRun): Promise<FleetUpgradeResult> {
  try {
    await run.askToBegin();
    await run.lock();
    await run.begin();
    await run.build();
    for (const stage of run.stagesLeft) {
      await run.upgrade(stage);
      await run.soak(stage);
      if (!(await run.askAfter(stage))) break;
    }
    await run.catchUp();
    await run.rollBack();
  } catch (error) {
    if (!isCancellation(error)) throw error;
    await CancellationScope.nonCancellable(async () => {
      await run.drain();
      await windUp(run);
    });
    throw error;
  }
  return windUp(run);
}

async function windUp(run: FleetRun): Promise<FleetUpgradeResult> {
  await run.putBack();
  await run.countNewcomers();
  await run.unlock();
  return run.report();
}
