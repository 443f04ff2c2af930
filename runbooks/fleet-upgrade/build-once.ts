import { isCancellation } from "@temporalio/workflow";
import { failureOf } from "../../workflows/failure-of";
import type { RunParts } from "./parts";

/** Builds what all hosts get, if the component is built. A build that fails waits for somebody's word. */
export async function buildOnce(run: RunParts): Promise<void> {
  const { prepared, calls, rollout } = run;
  const { buildTimeoutMs } = prepared;
  if (buildTimeoutMs === undefined || run.progress.ending !== "done") return;
  while (
    calls.context.artifact === undefined &&
    rollout.state.course === "rolling"
  ) {
    run.enter({ kind: "building" });
    await rollout.untilUnheld();
    if (rollout.state.course !== "rolling") return;
    rollout.beginWork();
    try {
      await calls.build(buildTimeoutMs);
      run.note("built");
    } catch (error) {
      if (isCancellation(error)) throw error;
      await askWhatNow(run, failureOf(error).message);
    }
  }
}

async function askWhatNow(run: RunParts, message: string): Promise<void> {
  const { prepared, desk, rollout, calls } = run;
  const [sight = ""] = message.split("\n");
  run.note(`build failed: ${sight}`);
  const decision = await desk.ask({
    id: "build",
    title: `the build failed (${sight.slice(0, 200)}): what now?`,
    choices: ["retry", "abort"],
    digest: prepared.plan.sha256,
    expiresAfterMs: prepared.rollout.gateExpiresMs,
  });
  if (decision?.choice === "abort") rollout.dispatch({ kind: "aborted" });
  else calls.buildAgain();
}
