import {
  ApplicationFailure,
  ChildWorkflowCancellationType,
  executeChild,
  isCancellation,
  ParentClosePolicy,
} from "@temporalio/workflow";
import type { ArtifactRef } from "../../activities/artifacts/port";
import type { SwitchoverInput, SwitchoverResult } from "../switchover/contract";
import * as switchover from "../switchover/ids";
import { thisRun } from "../../workflows/procedure/calls";
import { type WatchedSlot, watchOver } from "./back-up";
import type { ReplicaRun } from "./run";

type Switchover = (input: SwitchoverInput) => Promise<SwitchoverResult>;

/**
 * A run of its own, with its own plan and gate; it works under this run's lock. It ends the slot that was watched, which is
 * no reason to give up what has taken over.
 */
export async function switchOver(
  run: ReplicaRun,
  watched: WatchedSlot,
  unwatch: () => void,
): Promise<void> {
  let stopWatch = unwatch;
  await run.step("switchover", async ({ attempt }) => {
    stopWatch();
    try {
      return await switchAs(run, attempt);
    } catch (error) {
      if (!isCancellation(error)) stopWatch = watchOver(run, watched);
      throw error;
    }
  });
  if (run.state.steps["switchover"]?.kind === "done")
    run.passPointOfNoReturn(
      "the standby has taken over; to return, switch over in the other direction",
    );
}

async function switchAs(run: ReplicaRun, attempt: number): Promise<string> {
  const { target, change, settings } = run.prepared.plan;
  const { primary, replica, timeBoxS } = settings;
  const record = run.resultOf<ArtifactRef>("record");
  const input = {
    ...{ target, change: `${change}-${attempt}`, mode: "execute" as const },
    ...{ primary, standby: replica, timeBoxS },
    ...(record === undefined ? {} : { record }),
  };
  const { outcome, text } = await executeChild<Switchover>(
    switchover.workflowType,
    {
      workflowId: switchover.workflowId(input),
      args: [input],
      memo: { holder: thisRun().rootRunId },
      parentClosePolicy: ParentClosePolicy.ABANDON,
      cancellationType:
        ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
    },
  );
  if (outcome === "completed" || outcome === "completed late") return text;
  throw ApplicationFailure.nonRetryable(
    `the switchover ended as ${outcome}: ${text}\nhint: Read its report; a retry starts another one.`,
    "switchover.notDone",
  );
}
