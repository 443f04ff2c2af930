import { sleep } from "@temporalio/workflow";
import type { ArtifactRef } from "../../activities/artifacts/port";
import type { CreatedSlot } from "../../activities/postgres/slot/port";
import type { Baseline } from "../../activities/postgres/standby/port";
import type { Finding } from "../../workflows/procedure/spec";
import { discardScratches } from "../verification";
import { changes } from "./calls";
import { nextLookMs } from "./plan";
import { hasSwitched, type ReplicaRun, serversOf } from "./run";
import { findingOf } from "./sight-words";
import type { ReplicaVerification } from "./verify";

export type Decided = "switch over" | "finish";

/** Watched until somebody decides, for as long as that takes. Who goes back turns the run: no step starts after that. */
export const untilDecided = (
  run: ReplicaRun,
  { slot }: CreatedSlot,
): Promise<Decided> =>
  run.step("ready", async () => {
    const stop = run.watch("standby", (tell, known) =>
      watchStandby(run, slot, tell, known),
    );
    const { summary } = run.prepared;
    const isProven = run.resultOf<ArtifactRef>("record") !== undefined;
    const from = isProven ? "a verified backup" : "a backup WITHOUT a record";
    const { choice, by, at } = await run.ask({
      id: "ready",
      title: `${summary} streams from ${from}: what now?`,
      choices: ["switch over", "finish", "roll back"],
    });
    stop();
    if (choice === "roll back") run.turn({ kind: "rolling back", by, at });
    return choice === "switch over" ? choice : "finish";
  });

/** Slot, lag, disk and settings; what has changed since the first look is told. */
async function watchStandby(
  replicaRun: ReplicaRun,
  slot: string,
  tell: (finding: Finding) => void,
  known: Finding | undefined,
): Promise<void> {
  const { run } = replicaRun.prepared;
  let since = known?.memory as Baseline | undefined;
  let before: Finding | undefined;
  for (let lookMs = 0; ;) {
    const order = { run, ...serversOf(replicaRun), slot };
    const sight = await changes.standbySight({ ...order, since });
    since ??= sight.baseline;
    const finding = findingOf(sight);
    tell({ ...finding, memory: since });
    lookMs = nextLookMs(lookMs, finding.text !== before?.text);
    before = finding;
    await sleep(lookMs, { summary: "look at the standby again" });
  }
}

/** The slot is the standby's from now on. */
export const handOver = (
  run: ReplicaRun,
  verification: ReplicaVerification,
): Promise<unknown> => run.step("hand-over", () => letGo(run, verification));

/** Of the run nothing is left but the standby and its slot, on whichever server writes now. */
export async function letGo(
  run: ReplicaRun,
  verification: Pick<ReplicaVerification, "host" | "major" | "backup">,
): Promise<unknown> {
  const { run: mark } = run.prepared;
  const servers = serversOf(run);
  // After a switchover the run's rows are there, and the old primary's slot is gone.
  const isSwitched = hasSwitched(run);
  const primary = isSwitched ? servers.replica : servers.primary;
  const standby = isSwitched ? servers.primary : servers.replica;
  await discardScratches(run, verification);
  await changes.removeSentinels({ run: mark, primary });
  await changes.removeAmcheck({ run: mark, primary });
  await changes.unpinBackup({
    ...{ run: mark, ...servers },
    backup: verification.backup,
  });
  return changes.handOverSlot({
    ...{ run: mark, primary, standby, isSwitched },
  });
}
