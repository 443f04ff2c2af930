import type { BackStep } from "../../activities/postgres/switchover/plan";
import type {
  Demoted,
  Reopened,
  ResumeOrder,
  Stopped,
} from "../../activities/postgres/switchover/port";
import { failureOf } from "../../workflows/failure-of";
import type { StepWork } from "../../workflows/procedure/runner";
import { back, steady } from "./calls";
import {
  isByHand,
  isPromoted,
  leftUndone,
  mayBePromoted,
  openOf,
  outcomeBack,
  waysBack,
  type WentBack,
} from "./plan";
import { orderOf, type SwitchRun } from "./run";
import type { SwitchStepId } from "./steps";

type Holder = ResumeOrder["to"];

/** Whoever is open in the end: clients go on there, and the other one follows. Parks only where nothing can be proven. */
export async function goBack(run: SwitchRun): Promise<void> {
  for (const way of waysBack(run.state)) {
    await run.rollBack(inverseOf(way, run));
    // Nobody says that a server is open: nobody is led anywhere.
    if (run.state.steps["undo-stop"]?.kind === "skipped") return;
  }
}

export function outcomeOf(run: SwitchRun): string | undefined {
  const ended = outcomeBack(wentBack(run), run.undoResultOf<Holder>("drain"));
  if (ended === undefined || ended === "neither open") return ended;
  return [ended, ...leftUndone(run.state)].join("; ");
}

const wentBack = (run: SwitchRun): WentBack => ({
  steps: run.state.steps,
  demoted: run.undoResultOf<Demoted>("promote"),
  reopened: run.undoResultOf<Reopened>("stop"),
});

function inverseOf(
  way: BackStep,
  run: SwitchRun,
): Partial<Record<SwitchStepId, StepWork<unknown>>> {
  switch (way) {
    case "demote":
      return { promote: () => demote(run) };
    case "reopen": {
      const isKnown =
        openOf(wentBack(run)) === "standby" || isByHand(run.state);
      return isKnown ? {} : { stop: () => reopen(run) };
    }
    case "let clients go on":
      return { drain: () => resume(run) };
    case "let the other follow":
      return { fence: () => follow(run) };
  }
}

/** Clients wait: what takes as long again as the time box asks. */
const timeoutOf = ({ prepared }: SwitchRun): { readonly timeoutS: number } => ({
  timeoutS: prepared.plan.settings.timeBoxS,
});

const stoppedOf = (run: SwitchRun): { readonly stopped?: Stopped } => {
  const stopped = run.resultOf<Stopped>("stop");
  return stopped === undefined ? {} : { stopped };
};

async function demote(run: SwitchRun): Promise<Demoted | undefined> {
  const { stopped } = stoppedOf(run);
  if (stopped === undefined) return undefined;
  const demoted = await back.demote({ ...orderOf(run), stopped });
  if (demoted.was === "kept")
    run.note(
      `the new primary is kept, and clients go on there: ${demoted.seen}`,
    );
  return demoted;
}

function reopen(run: SwitchRun): Promise<Reopened> {
  const { demoted } = wentBack(run);
  const order = { ...orderOf(run), ...timeoutOf(run) };
  if (demoted?.was === "demoted")
    return steady.promoteBack({ ...order, demoted: demoted.stopped });
  const promoteBegun = mayBePromoted(run.state);
  return steady.reopenPrimary({ ...order, ...stoppedOf(run), promoteBegun });
}

/** @returns which server they were led to */
async function resume(run: SwitchRun): Promise<Holder> {
  const order = orderOf(run);
  const to = openOf(wentBack(run)) ?? "primary";
  const openedByHand = isByHand(run.state);
  try {
    await steady.resumeClients({ ...order, to, openedByHand });
    return to;
  } catch (error) {
    const isElsewhere = failureOf(error).type === "postgres.notWritable";
    if (!openedByHand || !isElsewhere) throw error;
    await steady.resumeClients({ ...order, to: "standby", openedByHand });
    return "standby";
  }
}

async function follow(run: SwitchRun): Promise<void> {
  const order = orderOf(run);
  const found = wentBack(run);
  const open = run.undoResultOf<Holder>("drain") ?? openOf(found);
  const { stopped } = stoppedOf(run);
  if (stopped === undefined || open === undefined) return;
  if (open === "standby")
    return void (await steady.rejoin({ ...order, stopped }));
  if (!isPromoted(run.state)) return steady.restartStandby(order);
  const { primary: standby, standby: primary } = order;
  const ended =
    found.demoted?.was === "demoted" ? found.demoted.stopped : stopped;
  await steady.rejoin({ ...order, primary, standby, stopped: ended });
}
