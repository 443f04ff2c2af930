import { CancellationScope, condition } from "@temporalio/workflow";
import type { Core } from "./core";
import { stepFailureOf } from "./failure";
import type { StepSpec } from "./spec";

const againMs = 30_000;

/**
 * Stops what a step runs at the close of its window, again and again until that is proven; a run that turns meanwhile leaves
 * it to the step's inverse, which asks people. What fails is told once, as long as it fails in the same way.
 */
export function stopForGood(
  core: Core,
  { id: step, title }: StepSpec,
  stop: () => Promise<void>,
): Promise<void> {
  const isForward = (): boolean => core.state.course.kind === "forward";
  return CancellationScope.nonCancellable(async () => {
    let told: string | undefined;
    for (;;) {
      try {
        await stop();
        return core.note(`${title} has stopped: nothing of it runs`);
      } catch (error) {
        const [seen = ""] = stepFailureOf(error).message.split("\n");
        const line = `is not stopped yet, and is tried again: ${seen}`;
        if (line !== told) core.note(`${title} ${line}`);
        told = line;
        core.dispatch({ kind: "progress told", progress: { step, line } });
      }
      await condition(() => !isForward(), againMs, { summary: "stop again" });
      if (!isForward()) return;
    }
  });
}
