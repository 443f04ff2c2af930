import { setCurrentDetails } from "@temporalio/workflow";
import { askLeave } from "../../workflows/procedure/ask-leave";
import type { EndOptions } from "../../workflows/procedure/options";
import { isTemplate } from "../../workflows/template";
import { switchWithinBox } from "./box";
import type { SwitchoverInput, SwitchoverResult } from "./contract";
import { goBack, outcomeOf } from "./go-back";
import { runbookName } from "./ids";
import { lookAtBoth, lookOnceMore, readRecord } from "./look";
import { pausedMs } from "./plan";
import { pauseWords, switchQuestion } from "./plan-words";
import { follow } from "./rejoin";
import { type CarriedSwitchRun, openRun, planned, type SwitchRun } from "./run";
import { templateText } from "./template";

/** A standby takes over from its primary, all or nothing within a time box; the steps are those of this folder's README. */
export async function switchover(
  input?: SwitchoverInput,
  /** Given by a former run of the same chain, never by a person. */
  carried?: CarriedSwitchRun,
): Promise<SwitchoverResult> {
  if (isTemplate(runbookName)) return template();
  const run = await openRun(input, carried);
  if (run.prepared.mode === "plan") return planned(run);
  return run.acrossRuns(input, async () => {
    const course = await run.forward(() => switchOver(run));
    if (course.kind !== "forward") await goBack(run);
    const paused = pausedMs(run.state);
    const result = await run.end(endOf(run, paused));
    return paused === undefined ? result : { ...result, pausedMs: paused };
  });
}

async function switchOver(run: SwitchRun): Promise<void> {
  const measured = await lookAtBoth(run);
  await readRecord(run);
  await askLeave(run, {
    id: "switch",
    title: switchQuestion(run.prepared.plan),
    digest: measured.document.sha256,
  });
  await lookOnceMore(run);
  await switchWithinBox(run);
  await follow(run);
}

function endOf(run: SwitchRun, paused: number | undefined): EndOptions {
  const { decisions } = run.state;
  const sections =
    paused === undefined
      ? []
      : [{ title: "Writes", lines: [pauseWords(paused)] }];
  const isDenied = decisions["switch"]?.choice === "deny";
  const outcome = isDenied ? "denied" : outcomeOf(run);
  return { sections, ...(outcome === undefined ? {} : { outcome }) };
}

/** Fills in the UI's form; looks at nothing, touches nothing. */
function template(): SwitchoverResult {
  setCurrentDetails(templateText);
  return { outcome: "template", counts: {}, text: templateText };
}
