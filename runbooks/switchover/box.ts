import { CancellationScope, isCancellation, sleep } from "@temporalio/workflow";
import {
  type HeldStep,
  heldSteps,
} from "../../activities/postgres/switchover/plan";
import type { TimelineProof } from "../../activities/postgres/switchover/port";
import type { StepWork } from "../../workflows/procedure/runner";
import { inBox } from "./calls";
import { courseInBox, forwardOnlyWords } from "./plan";
import { afterStop, orderOf, type SwitchRun } from "./run";

/**
 * From the drain until clients write again. Nobody is asked in here: a step that fails, and the end of the time box, turn
 * the run back by itself, until clients are to go on; from there on it only goes forward.
 */
export async function switchWithinBox(run: SwitchRun): Promise<void> {
  const leaveBox = keepTo(run, timeBoxMsOf(run));
  const works = worksOf(run, leaveBox);
  for (const step of heldSteps) await run.step(step, works[step]);
}

const timeBoxMsOf = ({ prepared }: SwitchRun): number =>
  prepared.plan.settings.timeBoxS * 1_000;

function worksOf(
  run: SwitchRun,
  leaveBox: () => void,
): Readonly<Record<HeldStep, StepWork<unknown>>> {
  const { timeBoxS: timeoutS, drainS } = run.prepared.plan.settings;
  const calls = inBox(timeBoxMsOf(run));
  const order = orderOf(run);
  return {
    drain: () => calls.drainClients({ ...order, timeoutMs: drainS * 1_000 }),
    checkpoint: () => calls.checkpoint(order),
    stop: () => calls.stopPrimary({ ...order, timeoutS }),
    received: () => calls.proveReceived(afterStop(run)),
    fence: () => calls.fencePrimary(afterStop(run)),
    promote: () =>
      calls.promote({ ...afterStop(run), timeoutS: Math.min(60, timeoutS) }),
    timeline: () => calls.proveTimeline(afterStop(run)),
    resume: () => {
      leaveBox();
      const { lsn = "its promotion" } =
        run.resultOf<TimelineProof>("timeline") ?? {};
      run.passPointOfNoReturn(forwardOnlyWords(order.standby.id, lsn));
      return calls.resumeClients({ ...order, to: "standby" });
    },
  };
}

/** Turns the run back when its time is over. @returns ends it, once clients are to go on */
function keepTo(run: SwitchRun, timeBoxMs: number): () => void {
  const scope = new CancellationScope({ cancellable: true });
  const keep = async (): Promise<void> => {
    for (;;) {
      const course = courseInBox(run.state, timeBoxMs, Date.now());
      if (course.kind === "forward only") return;
      if (course.kind === "go back") return turnBack(run, course.why);
      await sleep(course.leftMs, { summary: "time box" });
    }
  };
  scope.run(keep).catch((error: unknown) => {
    if (!isCancellation(error)) throw error;
  });
  return () => scope.cancel();
}

function turnBack(run: SwitchRun, reason: string): void {
  run.note(`${reason}; goes back by itself`);
  const by = "the time box";
  run.turn({ kind: "rolling back", by, reason, at: Date.now() });
}
