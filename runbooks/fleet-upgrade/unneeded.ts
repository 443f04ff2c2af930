import { startGate } from "./ask-to-begin";
import { isRolling, type RunParts } from "./parts";
import { gateOf } from "./stage-steps";

/** Whoever goes back or aborts need not answer what comes next. */
export function withdrawUnneeded(run: RunParts): void {
  if (isRolling(run)) return;
  const { position } = run.progress;
  if (position.kind === "asking") run.desk.withdraw(gateOf(position.stage));
  if (position.kind === "asking to begin") run.desk.withdraw(startGate);
  if (position.kind === "building") run.desk.withdraw("build");
}

/** Nobody wants the run in the window as it is now: hosts in work finish, and it ends. */
export function endAsDenied(run: RunParts, by: string): void {
  run.advance({ ending: "denied" });
  run.note(
    `denied by ${by}: the run does not go on in a window that has moved`,
  );
  run.rollout.dispatch({ kind: "aborted" });
}
