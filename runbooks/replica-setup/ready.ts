import { sleep } from "@temporalio/workflow";
import type { CreatedSlot } from "../../activities/postgres/slot/port";
import type { Baseline } from "../../activities/postgres/standby/port";
import type { Finding } from "../../workflows/procedure/spec";
import { changes } from "./calls";
import { nextLookMs } from "./plan";
import type { ReplicaRun } from "./run";
import { findingOf } from "./sight-words";
import { discardScratches, type Verification } from "./verify";

export type Decided = "switch over" | "finish";

/** Watched until somebody decides, for as long as that takes. Who goes back turns the run: no step starts after that. */
export const untilDecided = (
  run: ReplicaRun,
  { slot }: CreatedSlot,
): Promise<Decided> =>
  run.step("ready", async () => {
    const stop = run.watch("standby", (tell) => watchStandby(run, slot, tell));
    const { summary } = run.prepared;
    const { choice, by, at } = await run.ask({
      id: "ready",
      title: `${summary} streams from a verified backup: what now?`,
      choices: ["switch over", "finish", "roll back"],
    });
    stop();
    if (choice === "roll back") run.turn({ kind: "rolling back", by, at });
    return choice === "switch over" ? choice : "finish";
  });

/** Slot, lag, disk and settings; what has changed since the first look is told. */
async function watchStandby(
  { prepared: { run, plan } }: ReplicaRun,
  slot: string,
  tell: (finding: Finding) => void,
): Promise<void> {
  const { primary, replica } = plan;
  let since: Baseline | undefined;
  let before: Finding | undefined;
  for (let lookMs = 0; ;) {
    const order = { run, primary, replica, slot };
    const sight = await changes.standbySight({ ...order, since });
    since ??= sight.baseline;
    const finding = findingOf(sight);
    tell(finding);
    lookMs = nextLookMs(lookMs, finding.text !== before?.text);
    before = finding;
    await sleep(lookMs, { summary: "look at the standby again" });
  }
}

/** The slot is the standby's from now on; of the run nothing else is left, on whichever server writes now. */
export async function handOver(
  run: ReplicaRun,
  verification: Verification,
): Promise<void> {
  const { run: mark, plan } = run.prepared;
  // After a switchover the run's rows are there, and the old primary's slot is gone.
  const isSwitched = run.state.steps["switchover"]?.kind === "done";
  const primary = isSwitched ? plan.replica : plan.primary;
  const standby = isSwitched ? plan.primary : plan.replica;
  await run.step("hand-over", async () => {
    await discardScratches(run, verification);
    await changes.removeSentinels({ run: mark, primary });
    await changes.removeAmcheck({ run: mark, primary });
    await changes.unpinBackup({
      ...{ run: mark, primary: plan.primary, replica: plan.replica },
      backup: verification.backup,
    });
    return changes.handOverSlot({
      ...{ run: mark, primary, standby, isSwitched },
    });
  });
}
