import { CancellationScope } from "@temporalio/workflow";
import type { FleetUpgradeResult } from "./contract";
import { endOf, hasBegun, type RunParts } from "./parts";

/** Says what the hosts of the target should run from now on. */
export async function begin(run: RunParts): Promise<void> {
  const { progress, calls, prepared } = run;
  const { passed, position } = progress;
  if (!hasBegun(run) || passed > 0 || position.kind !== "locking") return;
  run.note("started");
  await calls.publishDesired(prepared, "rolling");
}

/** What was touched goes back, if that was asked for at any moment; approved by whoever asked. */
export async function rollBack(run: RunParts): Promise<void> {
  const { rollout, calls, prepared } = run;
  if (rollout.state.course !== "rolling back") return;
  run.enter({ kind: "rolling back" });
  await rollout.runUntil(rollout.state.items.length);
  if (hasBegun(run)) await calls.publishDesired(prepared, "rolled back");
}

/** Says what the hosts should run now that the run is over; before the next run may say otherwise. */
export async function settle(run: RunParts): Promise<void> {
  const outcome = endOf(run);
  if (!hasBegun(run) || outcome.startsWith("rolled back")) return;
  await CancellationScope.nonCancellable(() =>
    run.calls.publishDesired(run.prepared, settledState(outcome)),
  );
}

function settledState(
  outcome: FleetUpgradeResult["outcome"],
): "current" | "rolled back" | "unsettled" {
  if (outcome.startsWith("completed")) return "current";
  // No host was touched: all of them run what they ran.
  return outcome === "missed its window" ? "rolled back" : "unsettled";
}
