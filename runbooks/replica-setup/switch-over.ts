import {
  ApplicationFailure,
  ChildWorkflowCancellationType,
  executeChild,
  ParentClosePolicy,
} from "@temporalio/workflow";
import type { ArtifactRef } from "../../activities/artifacts/port";
import type { SwitchoverInput, SwitchoverResult } from "../switchover/contract";
import * as switchover from "../switchover/ids";
import { thisRun } from "../../workflows/procedure/calls";
import type { ReplicaRun } from "./run";

type Switchover = (input: SwitchoverInput) => Promise<SwitchoverResult>;

/** A run of its own, with its own plan and gate; it works under this run's lock. */
export const switchOver = (run: ReplicaRun): Promise<string | undefined> =>
  run.step("switchover", async ({ attempt }) => {
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
  });
