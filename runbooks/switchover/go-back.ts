import type {
  Reopened,
  ResumeOrder,
  Stopped,
  SwitchOrder,
} from "../../activities/postgres/switchover/port";
import { failureOf } from "../../workflows/failure-of";
import type { StepWork } from "../../workflows/procedure/runner";
import { steady } from "./calls";
import { mayBePromoted, outcomeBack, type WayBack, waysBack } from "./plan";
import { orderOf, type SwitchRun } from "./run";
import type { SwitchStepId } from "./steps";

/** Whoever is open in the end: clients go on there, and the other one follows. Parks only where nothing can be proven. */
export async function goBack(run: SwitchRun): Promise<void> {
  for (const way of waysBack(run.state)) {
    await run.rollBack(inverseOf(way, run));
    // Nobody says that a server is open: nobody is led anywhere.
    if (run.state.steps["undo-stop"]?.kind === "skipped") return;
  }
}

export const outcomeOf = (run: SwitchRun): string | undefined =>
  outcomeBack({
    steps: run.state.steps,
    reopened: run.undoResultOf<Reopened>("stop"),
    openedByHand: run.state.steps["undo-stop"]?.kind === "marked done",
  });

function inverseOf(
  way: WayBack,
  run: SwitchRun,
): Partial<Record<SwitchStepId, StepWork<unknown>>> {
  const order = orderOf(run);
  const stopped = run.resultOf<Stopped>("stop");
  switch (way) {
    case "reopen":
      return {
        stop: () =>
          steady.reopenPrimary({
            ...{ ...order, promoteBegun: mayBePromoted(run.state) },
            // Clients wait: as long again as the time box, then people are asked.
            timeoutS: run.prepared.plan.settings.timeBoxS,
            ...(stopped === undefined ? {} : { stopped }),
          }),
      };
    case "let clients go on":
      return { drain: () => resume(run, order) };
    case "let the other follow":
      return {
        fence: async () => {
          const to = run.undoResultOf<ResumeOrder["to"]>("drain");
          if (stopped === undefined) return;
          if (to === "standby") await steady.rejoin({ ...order, stopped });
          else await steady.restartStandby(order);
        },
      };
  }
}

/** @returns which server they were led to */
async function resume(
  run: SwitchRun,
  order: SwitchOrder,
): Promise<ResumeOrder["to"]> {
  const open = run.undoResultOf<Reopened>("stop")?.open;
  const isByHand = run.state.steps["undo-stop"]?.kind === "marked done";
  try {
    const to = open ?? "primary";
    await steady.resumeClients({ ...order, to });
    return to;
  } catch (error) {
    if (!isByHand || failureOf(error).type !== "postgres.notWritable")
      throw error;
    await steady.resumeClients({ ...order, to: "standby" });
    return "standby";
  }
}
