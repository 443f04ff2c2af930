import { condition } from "@temporalio/workflow";
import type { PlanStage } from "./contract";
import { isRolling, type RunParts } from "./parts";
import { stageQuestion } from "./words";

/** The stages that are left, in order. */
export function stagesLeft({
  prepared,
  progress: { passed, ending },
}: RunParts): readonly PlanStage[] {
  return ending === "done" ? prepared.rollout.stages.slice(passed) : [];
}

export async function upgrade(run: RunParts, stage: PlanStage): Promise<void> {
  if (isBehind(run, stage)) return;
  run.enter({ kind: "upgrading", stage: numberOf(run, stage) });
  await run.rollout.runUntil(stage.end);
}

/** A former run of the chain has come further in this stage. */
function isBehind(run: RunParts, stage: PlanStage): boolean {
  const { position } = run.progress;
  return (
    (position.kind === "soaking" || position.kind === "asking") &&
    position.stage === numberOf(run, stage)
  );
}

/** Nothing starts for as long as the plan says; whoever aborts need not wait for it. */
export async function soak(run: RunParts, stage: PlanStage): Promise<void> {
  if (stage.soakMs === 0 || !isRolling(run)) return;
  const { position } = run.progress;
  const number = numberOf(run, stage);
  const until =
    position.kind === "soaking" && position.stage === number
      ? position.until
      : Date.now() + stage.soakMs;
  run.enter({ kind: "soaking", stage: number, until });
  const leftMs = until - Date.now();
  if (leftMs > 0)
    await condition(() => !isRolling(run), leftMs, {
      summary: `soak after ${stage.name}`,
    });
}

/** @returns whether the next stage may begin */
export async function askAfter(
  run: RunParts,
  stage: PlanStage,
): Promise<boolean> {
  const isLast = stage.end >= run.rollout.state.items.length;
  const isApproved =
    isRolling(run) && (isLast || !stage.gate || (await ask(run, stage)));
  if (isApproved) run.advance({ passed: numberOf(run, stage) + 1 });
  return isApproved && isRolling(run);
}

async function ask(run: RunParts, stage: PlanStage): Promise<boolean> {
  const { desk, prepared, rollout } = run;
  const number = numberOf(run, stage);
  run.enter({ kind: "asking", stage: number });
  const decision = await desk.ask({
    id: gateOf(number),
    title: stageQuestion(rollout.state.items, stage),
    choices: ["approve", "deny"],
    digest: prepared.plan.sha256,
    expiresAfterMs: prepared.rollout.gateExpiresMs,
  });
  if (decision?.choice === "deny") run.advance({ ending: "denied" });
  return decision?.choice === "approve";
}

/** The gate behind a stage. */
export const gateOf = (stage: number): string =>
  stage === 0 ? "canary" : `stage-${stage + 1}`;

const numberOf = ({ prepared }: RunParts, stage: PlanStage): number =>
  prepared.rollout.stages.indexOf(stage);
