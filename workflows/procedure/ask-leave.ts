import type { Question } from "../gate/gate";
import type { ProcedureRun } from "./run";
import type { PreparedProcedure } from "./spec";

/**
 * Somebody lets the run go on, having read the document of that digest. Who denies it aborts the run: no step starts after
 * that.
 */
export async function askLeave(
  run: Pick<ProcedureRun<never, PreparedProcedure>, "ask" | "turn">,
  question: Pick<Question, "id" | "title" | "digest">,
): Promise<void> {
  const choices = ["approve", "deny"];
  const decision = await run.ask({ ...question, choices });
  if (decision.choice === "approve") return;
  const { by, at, comment } = decision;
  const why = comment === undefined ? {} : { reason: comment };
  run.turn({ kind: "aborted", by, at, ...why });
}
