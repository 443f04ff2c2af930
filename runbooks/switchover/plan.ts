/** Where a switchover goes, from what it has done. Pure: the workflow waits and acts, this decides. */

import {
  type BackStep,
  stepsBack,
  switchSteps,
} from "../../activities/postgres/switchover/plan";
import type {
  Demoted,
  Reopened,
  ResumeOrder,
} from "../../activities/postgres/switchover/port";
import {
  isSettled,
  type ProcedureState,
} from "../../workflows/procedure/state";
import type { SwitchStepId } from "./steps";

type Done = Pick<ProcedureState, "steps">;

/** The proof of the new primary may take as long as this, though the time box ended meanwhile: the way back takes longer. */
const proofMs = 30_000;

/** The time box of a switch that has begun. Milliseconds. */
export type BoxCourse =
  | { readonly kind: "go on"; readonly leftMs: number }
  /** Its time is over. */
  | { readonly kind: "go back"; readonly why: string }
  /** Clients go on, on the new primary: there is no time box any more. */
  | { readonly kind: "forward only" };

/** @param now milliseconds of the epoch */
export function courseInBox(
  state: Done,
  timeBoxMs: number,
  now: number,
): BoxCourse {
  if (hasBegun(state, "resume")) return { kind: "forward only" };
  const endsAt = (drainBeganAt(state) ?? now) + timeBoxMs;
  const { promote } = state.steps;
  const promotedAt = promote?.kind === "done" ? promote.at : undefined;
  const until = Math.max(endsAt, (promotedAt ?? -Infinity) + proofMs);
  if (until > now) return { kind: "go on", leftMs: until - now };
  const missed = promotedAt === undefined ? "promoted" : "proven";
  const why = `the standby was not ${missed} within ${timeBoxMs / 1_000} s`;
  return { kind: "go back", why };
}

/** When clients were held back, in milliseconds of the epoch. */
function drainBeganAt({ steps }: Done): number | undefined {
  const step = steps["drain"];
  switch (step?.kind) {
    case "running":
      return step.since;
    case "done":
      return step.at - step.workedMs;
    default:
      return undefined;
  }
}

/** How long clients could not write; absent where they never had to wait, or still do. In milliseconds. */
export function pausedMs(state: Done): number | undefined {
  const from = drainBeganAt(state);
  const until = [state.steps["resume"], state.steps["undo-drain"]].find(
    (step) => step?.kind === "done",
  );
  if (from === undefined || until?.kind !== "done") return undefined;
  return until.at - from;
}

/** Why nothing is taken back once clients go on. @param lsn where the new primary stood right before */
export const forwardOnlyWords = (standby: string, lsn: string): string =>
  `clients may have written on ${standby} since ${lsn}; to return, start another switchover in the other direction`;

/** What has to happen when a run does not go on, in this order. */
export function waysBack(state: Done): readonly BackStep[] {
  const begun = switchSteps.findLast((id) => hasBegun(state, id));
  return stepsBack(begun, begun !== undefined && isDone(state, begun));
}

/** Whether a promotion may have happened or may still happen: then the standby has to be proven stopped. */
export const mayBePromoted = (state: Done): boolean =>
  hasBegun(state, "promote");

/** A server that is known to have been promoted has a timeline of its own, and is never merely started again. */
export const isPromoted = (state: Done): boolean => isDone(state, "promote");

export interface WentBack extends Done {
  readonly demoted: Demoted | undefined;
  /** Absent where nothing had to be opened, or nothing could be proven. */
  readonly reopened: Reopened | undefined;
}

/** The server that the way back has found or made open; absent where it does not know of any. */
export function openOf({
  steps,
  demoted,
  reopened,
}: WentBack): ResumeOrder["to"] | undefined {
  if (steps["undo-promote"]?.kind === "skipped") return "standby";
  return demoted?.was === "kept" ? "standby" : reopened?.open;
}

/** Somebody opened a server by hand, and said so. */
export const isByHand = ({ steps }: Done): boolean =>
  steps["undo-promote"]?.kind === "marked done" ||
  steps["undo-stop"]?.kind === "marked done";

/** How a run that did not go on has ended; absent: as every procedure does. @param led where clients went on */
export function outcomeBack(
  found: WentBack,
  led: ResumeOrder["to"] | undefined,
): string | undefined {
  const ways = waysBack(found);
  if (ways.length === 0)
    return isDone(found, "resume") && !isSettled(found.steps["prove"])
      ? "completed; the old primary does not follow"
      : undefined;
  const open = led ?? openOf(found);
  if (open === "standby") return "completed late";
  if (ways.includes("reopen") && open === undefined && !isByHand(found))
    return "neither open";
  return "went back";
}

/** What the way back has not done, for whoever reads how the run ended. */
export function leftUndone(state: Done): readonly string[] {
  const ways = waysBack(state);
  const isLeft = (way: BackStep, undo: string): boolean => {
    const kind = state.steps[undo]?.kind;
    return ways.includes(way) && kind !== "done" && kind !== "marked done";
  };
  return [
    ...(isLeft("let clients go on", "undo-drain")
      ? ["clients are held back"]
      : []),
    ...(isLeft("let the other follow", "undo-fence")
      ? ["the other server does not follow"]
      : []),
  ];
}

const hasBegun = ({ steps }: Done, id: SwitchStepId): boolean =>
  steps[id] !== undefined;

const isDone = ({ steps }: Done, id: SwitchStepId): boolean =>
  steps[id]?.kind === "done";
