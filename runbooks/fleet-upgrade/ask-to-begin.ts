import type { RunParts } from "./parts";

export const startGate = "start";

/** Somebody lets the run begin, where that is asked: before it keeps others from these hosts. */
export async function askToBegin(run: RunParts): Promise<void> {
  const { prepared, desk, progress } = run;
  if (progress.lock !== "none" || progress.position.kind === "locking") return;
  if (!mustAskToBegin(run)) return;
  run.enter({ kind: "asking to begin" });
  const decision = await desk.ask({
    id: startGate,
    title: `${prepared.summary}: may it begin?`,
    choices: ["approve", "deny"],
    digest: prepared.plan.sha256,
    expiresAfterMs: prepared.rollout.gateExpiresMs,
  });
  if (decision?.choice === "deny") run.advance({ ending: "denied" });
}

/** Only by its own name: what is meant for all gates asks no question that nobody asked for. */
const mustAskToBegin = ({ prepared }: RunParts): boolean =>
  Object.hasOwn(prepared.approvals ?? {}, startGate);
