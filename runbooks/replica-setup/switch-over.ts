import {
  ApplicationFailure,
  CancellationScope,
  type ChildWorkflowHandle,
  ParentClosePolicy,
  startChild,
} from "@temporalio/workflow";
import type { ArtifactRef } from "../../activities/artifacts/port";
import { controlSignals } from "../../workflows/controls/messages";
import { thisRun } from "../../workflows/procedure/calls";
import type { SwitchoverInput, SwitchoverResult } from "../switchover/contract";
import * as switchover from "../switchover/ids";
import { type ReadyPrimary, type WatchedSlot, watchOver } from "./back-up";
import type { ReplicaRun } from "./run";

type Switchover = (input: SwitchoverInput) => Promise<SwitchoverResult>;

/**
 * A run of its own, with its own plan and gate; it works under this run's lock. The slot is not watched meanwhile: it is away
 * while the primary is, and gone with it. Once clients write on the replica nothing of it may be taken back.
 */
export const switchOver = (
  run: ReplicaRun,
  watched: WatchedSlot & Pick<ReadyPrimary, "unwatch">,
): Promise<string | undefined> =>
  run.step("switchover", async ({ attempt }) => {
    const { primary, replica } = run.prepared.plan;
    watched.unwatch();
    const { outcome, text } = await ended(inputOf(run, attempt));
    if (!outcome.startsWith("completed")) {
      watchOver(run, watched);
      throw ApplicationFailure.nonRetryable(
        `the switchover ended as ${outcome}: ${text}\nhint: Read its report; a retry starts another one.`,
        "switchover.notDone",
      );
    }
    run.passPointOfNoReturn(
      `clients write on ${replica.id}; to return, switch over to ${primary.id}`,
    );
    return text;
  });

const mostDrainS = 30;

function inputOf(run: ReplicaRun, attempt: number): SwitchoverInput {
  const { target, change, settings } = run.prepared.plan;
  const { primary, replica, timeBoxS } = settings;
  const record = run.resultOf<ArtifactRef>("record");
  return {
    ...{ target, change: `${change}-${attempt}`, mode: "execute" as const },
    ...{ primary, standby: replica, timeBoxS },
    // Of a short box clients may not take all.
    drainS: Math.min(mostDrainS, Math.floor(timeBoxS / 2)),
    ...(record === undefined ? {} : { record }),
  };
}

/**
 * Its end, whatever becomes of this run meanwhile: who turns this run back asks the other one to go back too, and only what
 * it ended as says which server clients write on.
 */
function ended(input: SwitchoverInput): Promise<SwitchoverResult> {
  const turned = CancellationScope.current().cancelRequested;
  return CancellationScope.nonCancellable(async () => {
    const child = await startChild<Switchover>(switchover.workflowType, {
      workflowId: switchover.workflowId(input),
      args: [input],
      memo: { holder: thisRun().rootRunId },
      parentClosePolicy: ParentClosePolicy.ABANDON,
    });
    let isOver = false;
    turned.catch(() => {
      // The step's scope ends with the run, too.
      if (!isOver) void askBack(child);
    });
    try {
      return await child.result();
    } finally {
      isOver = true;
    }
  });
}

/** It may have ended a moment ago: then its result is on its way, and says the same. */
async function askBack(child: ChildWorkflowHandle<Switchover>): Promise<void> {
  const reason = "the run that it belongs to was turned back";
  const by = thisRun().workflowId;
  await child
    .signal(controlSignals.abort, { by, reason })
    .catch(() => undefined);
}
