import type { Measurement } from "./measure";
import type { ReplicaRun } from "./run";

/** Somebody lets it begin, on the plan with what was measured; until then nothing is touched. */
export async function askToBegin(
  run: ReplicaRun,
  { document }: Measurement,
): Promise<void> {
  const decision = await run.ask({
    id: "begin",
    title: `${run.prepared.summary}: may it begin?`,
    choices: ["approve", "deny"],
    digest: document.sha256,
  });
  if (decision.choice === "approve") return;
  const { by, comment } = decision;
  const reason = comment === undefined ? {} : { reason: comment };
  run.turn({ kind: "aborted", by, at: decision.at, ...reason });
}
