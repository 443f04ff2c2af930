/** Whether a step under way misses the end of its window. Pure; instants in milliseconds of the epoch. */

import type { Said } from "../window/standing";
import type { Slip, StepSpec } from "./spec";
import type { StepState } from "./state";

/** A slip is told again once the end has moved by so much, or by a tenth of what is left. */
const leastMoveMs = 15 * 60_000;
/** So long before the end of its window a step that says nothing of its own end is told of. */
const blindNoticeMs = 15 * 60_000;

type Running = Extract<StepState, { kind: "running" }>;

/**
 * What is to be told now: the step will not end within its window, or nobody can say so and the end draws near.
 *
 * @param said of a window that is open; its end, and the next opening
 */
export function slipOf(
  spec: Pick<StepSpec, "atClose">,
  step: Running,
  { until: windowEnd, nextOpen }: Pick<Said, "until" | "nextOpen">,
  now: number,
): Slip | undefined {
  if (windowEnd === undefined || now >= windowEnd) return undefined;
  const goesOnAt = spec.atClose === "stop" ? nextOpen : undefined;
  const after = goesOnAt === undefined ? {} : { goesOnAt };
  const told = step.slip?.windowEnd === windowEnd ? step.slip : undefined;
  const endsAt = forecastOf(step, now);
  if (endsAt === undefined)
    return told === undefined && now >= windowEnd - blindNoticeMs
      ? { was: step.slip?.now ?? windowEnd, windowEnd, ...after }
      : undefined;
  if (endsAt <= windowEnd) return undefined;
  const slipped = endsAt + (goesOnAt === undefined ? 0 : goesOnAt - windowEnd);
  const was = told?.now;
  const leastMs = Math.max(leastMoveMs, (slipped - now) / 10);
  if (was !== undefined && slipped - was < leastMs) return undefined;
  return {
    was: step.slip?.now ?? windowEnd,
    now: slipped,
    windowEnd,
    ...after,
  };
}

/** When a running step ends by its own forecast; undefined while nobody knows. */
function forecastOf(
  { progress }: Pick<Running, "progress">,
  now: number,
): number | undefined {
  if (progress?.etaMs === undefined) return undefined;
  return Math.max(now, progress.at + progress.etaMs);
}

/** When to look again at a step that says nothing of its end. */
export const blindLookAt = ({
  until,
}: Pick<Said, "until">): number | undefined =>
  until === undefined ? undefined : until - blindNoticeMs;
