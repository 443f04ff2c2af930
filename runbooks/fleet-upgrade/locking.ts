import { CancellationScope, sleep, workflowInfo } from "@temporalio/workflow";
import type { RunRef } from "../../activities/runs/port";
import type { FreezeWatch } from "../../workflows/freeze/freeze-watch";
import { takeLock } from "../../workflows/lock/take-lock";
import type { Calls } from "./calls";
import type { PreparedFleetUpgrade } from "./contract";
import { inHosts } from "./markdown";
import { isRolling, type RunParts } from "./parts";
import { isInDoubt, resourcesInDoubt } from "./resources";

/** What a run hears from the keepers of locks and freezes. */
export interface Keepers {
  readonly freezes: FreezeWatch;
  /** How often the run was called to its turn. */
  readonly calls: () => number;
}

/** What a run changes: a freeze of any of it is told to the run from now on. */
export async function watchFreezes(
  calls: Calls,
  freezes: FreezeWatch,
  { lock: { resources } }: PreparedFleetUpgrade,
): Promise<void> {
  freezes.receive(await calls.watchFreezes({ run: thisRun(), resources }));
}

/** A visit was held by a freeze that the run does not know, or nobody told it whether there is one. */
export async function lookAtFreezes({
  calls,
  keepers: { freezes },
  prepared,
}: Pick<RunParts, "calls" | "keepers" | "prepared">): Promise<void> {
  await CancellationScope.nonCancellable(async () => {
    await watchFreezes(calls, freezes, prepared);
    // Lifted in the same moment: whoever told the visit may not know that yet.
    if (freezes.freezes.length === 0) await sleep(5_000, { summary: "freeze" });
  });
}

/**
 * Nobody else changes these hosts from now on, once nothing is frozen and the run's turn has come; whoever waits for that
 * may be called off. What else holds the run is waited for first: one that may not begin must not keep others from it.
 */
export async function lock(run: RunParts): Promise<void> {
  const { progress, rollout } = run;
  if (progress.lock !== "none" || progress.ending !== "done") return;
  const isOff = (): boolean => !isRolling(run);
  if (isOff()) return;
  run.enter({ kind: "locking" });
  for (;;) {
    await rollout.untilUnheld();
    if (isOff() || !(await takeTurn(run))) return;
    if (rollout.mayBegin()) return run.advance({ lock: "held" });
    // A window has closed, or something was frozen, since it went to stand in line.
    run.note("its turn has come, but it may not begin: gives its lock back");
    await run.calls.leaveLock({ target: targetOf(run), run: thisRun() });
  }
}

/** @returns false when the run wanted nothing any more before its turn came */
async function takeTurn(run: RunParts): Promise<boolean> {
  const { rollout, prepared, keepers } = run;
  const { resources, expectedMs } = prepared.lock;
  const ask = {
    run: thisRun(),
    holder: thisRun().rootRunId,
    summary: prepared.summary,
    resources,
    ...(expectedMs === undefined ? {} : { expectedMs }),
  };
  const isHeld = await takeLock(ask, {
    calls: keepers.calls,
    isOff: () => !isRolling(run),
    onWait: ({ kind: _, ...wait }) =>
      rollout.dispatch({ kind: "halted", halt: { kind: "lock", ...wait } }),
  });
  rollout.dispatch({ kind: "lifted", halt: "lock" });
  return isHeld;
}

/** Nothing more is changed: the next run may. */
export async function unlock(run: RunParts): Promise<void> {
  if (run.progress.lock === "left") return;
  await leaveHosts(run);
  if (run.progress.lock === "held") run.advance({ lock: "left" });
}

/** Gives back what the run has locked, but for hosts in doubt: those wait for a person. */
async function leaveHosts(run: RunParts): Promise<void> {
  const { rollout } = run;
  const { items } = rollout.state;
  const target = targetOf(run);
  const resources = resourcesInDoubt(target, items, rollout.fleet.rows);
  const left = items.filter(isInDoubt).length;
  const reason = `${inHosts(left)} failed or stayed parked, and may be between two versions`;
  if (left > 0) run.note(`stays locked: ${reason}`);
  await CancellationScope.nonCancellable(() =>
    Promise.all([
      run.calls.leaveLock({
        ...{ target, run: thisRun() },
        ...(left > 0 ? { keep: { resources, reason } } : {}),
      }),
      run.calls.unwatchFreezes({ run: thisRun() }),
    ]),
  );
}

function targetOf({ prepared }: RunParts): string {
  const [first = ""] = prepared.lock.resources;
  const [target = ""] = first.split("/");
  return target;
}

function thisRun(): RunRef {
  const { workflowId, firstExecutionRunId: rootRunId } = workflowInfo();
  return { workflowId, rootRunId };
}
