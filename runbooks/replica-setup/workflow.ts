import { setCurrentDetails } from "@temporalio/workflow";
import { askLeave } from "../../workflows/procedure/ask-leave";
import { isTemplate } from "../../workflows/template";
import {
  keepRecord,
  openScratch,
  readScratch,
  verifyFiles,
} from "../verification";
import { backUp, readyPrimary } from "./back-up";
import type { ReplicaSetupInput, ReplicaSetupResult } from "./contract";
import { runbookName } from "./ids";
import { measure } from "./measure";
import { handOver, untilDecided } from "./ready";
import {
  type CarriedReplicaRun,
  endOf,
  openRun,
  planned,
  type ReplicaRun,
} from "./run";
import { catchUp, letCommitsWait, startStandby } from "./stand-by";
import { switchOver } from "./switch-over";
import { templateText } from "./template";
import { inverses } from "./undo";
import { compareLocked, verificationOf } from "./verify";

/** From a primary and an empty host to a standby that can take over; the steps are those of this folder's README. */
export async function replicaSetup(
  input?: ReplicaSetupInput,
  /** Given by a former run of the same chain, never by a person. */
  carried?: CarriedReplicaRun,
): Promise<ReplicaSetupResult> {
  if (isTemplate(runbookName)) return template();
  const run = await openRun(input, carried);
  if (run.prepared.mode === "plan") return planned(run);
  return run.acrossRuns(input, async () => {
    const course = await run.forward(() => setUpReplica(run));
    if (course.kind !== "forward") await run.rollBack(inverses(run));
    return run.end(endOf(run));
  });
}

/** Fills in the UI's form; looks at nothing, touches nothing. */
function template(): ReplicaSetupResult {
  setCurrentDetails(templateText);
  return { outcome: "template", counts: {}, text: templateText };
}

async function setUpReplica(run: ReplicaRun): Promise<void> {
  const measured = await measure(run);
  await askLeave(run, {
    id: "begin",
    title: `${run.prepared.summary}: may it begin?`,
    digest: measured.document.sha256,
  });
  const ready = await readyPrimary(run, measured);
  const backup = await backUp(run, measured, ready);
  const { sentinel } = ready;
  const verification = verificationOf(run, measured, { backup, sentinel });
  const files = await verifyFiles(run, verification);
  const opened = await openScratch(run, verification);
  // The slot holds WAL until the standby streams, so that reading whole does not keep it waiting.
  const [read] = await Promise.all([
    readScratch(run, verification, opened),
    startStandby(run, measured, backup, ready),
  ]);
  await catchUp(run);
  const locked = await compareLocked(run, verification);
  const results = [...files, ...opened.results, ...read, ...locked];
  await keepRecord(run, verification, results, opened.scratch);
  await letCommitsWait(run);
  const decided = await untilDecided(run, ready.slot);
  if (decided === "switch over") await switchOver(run, ready);
  await handOver(run, verification);
}
