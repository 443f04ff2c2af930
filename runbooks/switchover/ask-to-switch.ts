import type { MeasuredSwitchover } from "./contract";
import { switchQuestion } from "./plan-words";
import type { SwitchRun } from "./run";

/** Somebody lets it begin, on the plan with what was measured; until then nothing is touched. */
export async function askToSwitch(
  run: SwitchRun,
  { document }: MeasuredSwitchover,
): Promise<void> {
  const decision = await run.ask({
    id: "switch",
    title: switchQuestion(run.prepared.plan),
    choices: ["approve", "deny"],
    digest: document.sha256,
  });
  if (decision.choice === "approve") return;
  const { by, comment } = decision;
  const reason = comment === undefined ? {} : { reason: comment };
  run.turn({ kind: "aborted", by, at: decision.at, ...reason });
}
