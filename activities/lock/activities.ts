import { activityInfo } from "@temporalio/activity";
import { beating } from "../beating";
import type { RunRef, Runs } from "../runs/port";
import {
  type LockActivities,
  type LockAnswer,
  type LockAsk,
  lockType,
  type LockUpdates,
} from "./port";

/** Runs that ended without a word stand in the way no longer than it takes to find one after the other. */
const mostDropped = 100;

export function createLockActivities({
  runs,
}: {
  readonly runs: Runs;
}): LockActivities {
  return {
    askForLock: (ask) => beating(() => askFor(runs, ask)),
    leaveLock: ({ target, ...leave }) =>
      beating(async () => {
        await tell(runs, target, "leave", leave);
      }),
  };
}

/** Whether a run before this one goes on is asked only now, when somebody waits for it. */
async function askFor(runs: Runs, ask: LockAsk): Promise<LockAnswer> {
  const target = targetOf(ask);
  for (let dropped = 0; ; dropped++) {
    const answer = await tell(runs, target, "ask", ask);
    if (answer.kind === "held" || dropped === mostDropped) return answer;
    const closed = await firstClosed(runs, answer.blockers);
    if (closed === undefined) return answer;
    await tell(runs, target, "closed", closed);
  }
}

type Blockers = Extract<LockAnswer, { kind: "waiting" }>["blockers"];

async function firstClosed(
  runs: Runs,
  blockers: Blockers,
): Promise<LockUpdates["closed"]["payload"] | undefined> {
  for (const { kind, workflowId, rootRunId } of blockers) {
    // That its run is over is known.
    if (kind === "kept") continue;
    const run: RunRef = { workflowId, rootRunId };
    const end = await runs.standing(run);
    if (end !== "open") return { run, end };
  }
  return undefined;
}

async function tell<Name extends keyof LockUpdates>(
  runs: Runs,
  target: string,
  name: Name,
  payload: LockUpdates[Name]["payload"],
): Promise<LockUpdates[Name]["answer"]> {
  const { taskQueue } = activityInfo();
  const entity = {
    ...{ workflowType: lockType, workflowId: `${lockType}:${target}` },
    taskQueue,
  };
  return (await runs.tell(
    entity,
    name,
    payload,
  )) as LockUpdates[Name]["answer"];
}

const targetOf = ({ resources: [first = ""] }: LockAsk): string =>
  first.split("/")[0] ?? "";
