import { activityInfo } from "@temporalio/activity";
import { beating } from "../beating";
import type { Runs } from "../runs/port";
import { type FreezeActivities, freezesType, type FreezeUpdates } from "./port";

export function createFreezeActivities({
  runs,
}: {
  readonly runs: Runs;
}): FreezeActivities {
  return {
    watchFreezes: (watcher) => beating(() => tell(runs, "watch", watcher)),
    unwatchFreezes: (watcher) =>
      beating(async () => {
        await tell(runs, "unwatch", watcher);
      }),
  };
}

async function tell<Name extends "watch" | "unwatch">(
  runs: Runs,
  name: Name,
  payload: FreezeUpdates[Name]["payload"],
): Promise<FreezeUpdates[Name]["answer"]> {
  const { taskQueue } = activityInfo();
  const entity = { workflowType: freezesType, workflowId: freezesType };
  const answer = await runs.tell({ ...entity, taskQueue }, name, payload);
  return answer as FreezeUpdates[Name]["answer"];
}
