import type { RunParts } from "./parts";

export const startGate = "start";

/** Only by its own name: what is meant for all gates asks no question that nobody asked for. */
export const mustAskToBegin = ({
  prepared,
}: Pick<RunParts, "prepared">): boolean =>
  Object.hasOwn(prepared.approvals ?? {}, startGate);

/** Waits until somebody lets the run begin: before its first effect, so that one of canaries only is asked about, too. */
export async function askToBegin(
  run: RunParts,
): Promise<"approve" | "deny" | "withdrawn"> {
  const { prepared, desk } = run;
  run.enter({ kind: "asking to begin" });
  const decision = await desk.ask({
    id: startGate,
    title: `${prepared.summary}: may it begin?`,
    choices: ["approve", "deny"],
    digest: prepared.plan.sha256,
    expiresAfterMs: prepared.rollout.gateExpiresMs,
  });
  if (decision === undefined) return "withdrawn";
  return decision.choice === "approve" ? "approve" : "deny";
}
