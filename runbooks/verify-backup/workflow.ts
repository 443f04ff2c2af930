import { setCurrentDetails } from "@temporalio/workflow";
import type { ArtifactRef } from "../../activities/artifacts/port";
import { askLeave } from "../../workflows/procedure/ask-leave";
import { isTemplate } from "../../workflows/template";
import { keepRecord, verifyFiles } from "../verification";
import type { VerifyBackupInput, VerifyBackupResult } from "./contract";
import { runbookName } from "./ids";
import { asksToBegin, beginGate } from "./plan";
import { type CarriedVerifyRun, endOf, openRun, type VerifyRun } from "./run";
import { resultsOf } from "./sections";
import { templateText } from "./template";
import { clean, inverses, look, pin, readCopy, verificationOf } from "./verify";

/** Whether a backup that exists can still be restored and read; the steps are those of this folder's README. */
export async function verifyBackup(
  input?: VerifyBackupInput,
  /** Given by a former run of the same chain, never by a person. */
  carried?: CarriedVerifyRun,
): Promise<VerifyBackupResult> {
  if (isTemplate(runbookName)) return template();
  const run = await openRun(input, carried);
  if (run.prepared.mode === "plan") return planned(run);
  return run.acrossRuns(input, async () => {
    const course = await run.forward(() => verify(run));
    if (course.kind !== "forward") await run.rollBack(inverses(run));
    const result = await run.end(endOf(run));
    const record = run.resultOf<ArtifactRef>("record");
    return record === undefined ? result : { ...result, record };
  });
}

async function verify(run: VerifyRun): Promise<void> {
  const { approvals, summary, document } = run.prepared;
  await look(run);
  if (asksToBegin(approvals))
    await askLeave(run, {
      id: beginGate,
      title: `${summary}: may it be read?`,
      digest: document.sha256,
    });
  const verification = verificationOf(run);
  await pin(run);
  await verifyFiles(run, verification);
  const opened = await readCopy(run, verification);
  await keepRecord(run, verification, resultsOf(run), opened?.scratch);
  await clean(run);
}

/** The backup was looked for, and nothing else; the plan is the result. */
function planned({ prepared }: VerifyRun): VerifyBackupResult {
  const { text, document } = prepared;
  return { outcome: "planned", counts: {}, plan: document, text };
}

/** Fills in the UI's form; looks at nothing, touches nothing. */
function template(): VerifyBackupResult {
  setCurrentDetails(templateText);
  return { outcome: "template", counts: {}, text: templateText };
}
