import {
  CancellationScope,
  isCancellation,
  setCurrentDetails,
} from "@temporalio/workflow";
import { isTemplate } from "../../workflows/template";
import { askToBegin } from "./ask-to-begin";
import { buildOnce } from "./build-once";
import type { CarriedFleetRun } from "./carried";
import type { FleetUpgradeInput, FleetUpgradeResult } from "./contract";
import { begin, rollBack, settle } from "./desired";
import { runbookName } from "./ids";
import { lock, unlock } from "./locking";
import { FleetRun } from "./run";
import { askAfter, soak, stagesLeft, upgrade } from "./stage-steps";
import { noOutcomes } from "./state";
import { catchUp, countNewcomers } from "./take-census";
import { templateText } from "./template";
import { drain, putBack, report } from "./wind-up";

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
    await askToBegin(run);
    await lock(run);
    await begin(run);
    await buildOnce(run);
    for (const stage of stagesLeft(run)) {
      await upgrade(run, stage);
      await soak(run, stage);
      if (!(await askAfter(run, stage))) break;
    }
    await catchUp(run);
    await rollBack(run);
  } catch (error) {
    if (!isCancellation(error)) throw error;
    await CancellationScope.nonCancellable(async () => {
      await drain(run);
      await windUp(run);
    });
    throw error;
  }
  return windUp(run);
}

async function windUp(run: FleetRun): Promise<FleetUpgradeResult> {
  await putBack(run);
  await countNewcomers(run);
  await settle(run);
  // The next run need not wait for this one's report.
  const [, result] = await Promise.all([unlock(run), report(run)]);
  run.view.show();
  return result;
}
