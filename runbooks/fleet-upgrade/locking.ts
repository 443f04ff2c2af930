import { CancellationScope, workflowInfo } from "@temporalio/workflow";
import type { RunRef } from "../../activities/runs/port";
import type { FreezeWatch } from "../../workflows/freeze/freeze-watch";
import { takeLock } from "../../workflows/lock/take-lock";
import { inHosts } from "./markdown";
import type { RunParts } from "./parts";
import { isInDoubt, resourcesInDoubt } from "./resources";

/** What a run hears from the keepers of locks and freezes. */
export interface Keepers {
  readonly freezes: FreezeWatch;
  /** How often the run was called to its turn. */
  readonly calls: () => number;
}

/**
 * Waits until nothing is frozen and nobody else changes what the run is to change. What else holds it is waited for first:
 * a run that may not begin must not keep others from it.
 *
 * @returns false when the run was called off before its turn came
 */
export async function lockHosts(
  run: RunParts,
  { freezes, calls }: Keepers,
): Promise<boolean> {
  const { prepared, rollout } = run;
  const { resources, expectedMs } = prepared.lock;
  freezes.receive(await run.calls.watchFreezes({ run: thisRun(), resources }));
  await rollout.untilUnheld();
  const isOff = (): boolean => rollout.state.course !== "rolling";
  if (isOff()) return false;
  const ask = {
    run: thisRun(),
    holder: thisRun().rootRunId,
    summary: prepared.summary,
    resources,
    ...(expectedMs === undefined ? {} : { expectedMs }),
  };
  const isHeld = await takeLock(ask, {
    calls,
    isOff,
    onWait: ({ kind: _, ...wait }) =>
      rollout.dispatch({ kind: "halted", halt: { kind: "lock", ...wait } }),
  });
  rollout.dispatch({ kind: "lifted", halt: "lock" });
  return isHeld;
}

/** Gives back what the run has locked, but for hosts in doubt: those wait for a person. */
export async function leaveHosts(run: RunParts): Promise<void> {
  const { rollout, prepared } = run;
  const { items } = rollout.state;
  const [first = ""] = prepared.lock.resources;
  const [target = ""] = first.split("/");
  const resources = resourcesInDoubt(target, items, rollout.fleet.rows);
  const left = items.filter(isInDoubt).length;
  const reason = `${inHosts(left)} failed and may be between two versions`;
  if (left > 0) run.note(`stays locked: ${reason}`);
  await CancellationScope.nonCancellable(async () => {
    await run.calls.leaveLock({
      ...{ target, run: thisRun() },
      ...(left > 0 ? { keep: { resources, reason } } : {}),
    });
    await run.calls.unwatchFreezes({ run: thisRun() });
  });
}

function thisRun(): RunRef {
  const { workflowId, firstExecutionRunId: rootRunId } = workflowInfo();
  return { workflowId, rootRunId };
}
