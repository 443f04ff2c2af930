import type { Division } from "../../activities/customers/port";
import { hourMs, type Level, levels } from "./plan";
import { publish } from "./provision";
import type { EgressRun } from "./run";
import type { Steering } from "./steering";
import type { StageId } from "./steps";

/** Stage by stage; each one has to carry a peak. */
export async function ramp(
  run: EgressRun,
  steering: Steering,
  division: Division,
): Promise<void> {
  for (const level of levels)
    if (level.id !== "canary" || division.canaries > 0)
      await run.step(level.id, () => stage(run, steering, level));
}

async function stage(
  run: EgressRun,
  steering: Steering,
  level: Level,
): Promise<void> {
  // Customers read that an address is used before it is.
  if (firstStages.includes(level.id)) await publish(run, "active");
  await steering.to(level);
  const { holdH, deadlineH } = run.prepared.plan.settings.stages[level.id];
  const step = run.state.steps[level.id];
  await steering.untilOver(level, {
    since: step?.kind === "running" ? step.since : Date.now(),
    holdMs: holdH * hourMs,
    deadlineMs: deadlineH * hourMs,
  });
}

/** A run without test sites of its own begins with the second. */
const firstStages: readonly StageId[] = ["canary", "ramp-10"];
