/** Where a switchover goes, from what it has done. Pure: the workflow waits and acts, this decides. */

import type { Reopened } from "../../activities/postgres/switchover/port";
import type { ProcedureState } from "../../workflows/procedure/state";
import type { SwitchStepId } from "./steps";

type Done = Pick<ProcedureState, "steps">;

/** The time box of a switch that has begun. Milliseconds. */
export type BoxCourse =
  | { readonly kind: "go on"; readonly leftMs: number }
  /** Its time is over, and nothing says that the standby is promoted. */
  | { readonly kind: "go back" }
  /** The standby is promoted: there is no way back, and no time box any more. */
  | { readonly kind: "forward only" };

/** @param now milliseconds of the epoch */
export function courseInBox(
  state: Done,
  timeBoxMs: number,
  now: number,
): BoxCourse {
  if (isDone(state, "promote")) return { kind: "forward only" };
  const leftMs = (drainBeganAt(state) ?? now) + timeBoxMs - now;
  return leftMs > 0 ? { kind: "go on", leftMs } : { kind: "go back" };
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

/** What has to happen when a run does not go on, in this order. */
export type WayBack = "reopen" | "let clients go on" | "let the other follow";

/**
 * Clients that were held back must go on somewhere, and that is all: before the drain nothing was touched, and once they
 * write on the new primary nothing is taken back.
 */
export function waysBack(state: Done): readonly WayBack[] {
  if (!hasBegun(state, "drain") || isDone(state, "resume")) return [];
  return [
    ...(hasBegun(state, "stop") ? ["reopen" as const] : []),
    "let clients go on",
    ...(hasBegun(state, "fence") ? ["let the other follow" as const] : []),
  ];
}

/** Whether a promotion may have happened or may still happen: then the standby has to be proven stopped. */
export const mayBePromoted = (state: Done): boolean =>
  hasBegun(state, "promote");

export interface Ended extends Done {
  /** What the undo found; absent where nothing had to be opened, or nothing could be proven. */
  readonly reopened: Reopened | undefined;
  /** Somebody opened a server by hand, and said so. */
  readonly openedByHand: boolean;
}

/** How a run that did not go on has ended; absent: as every procedure does. */
export function outcomeBack(ended: Ended): string | undefined {
  const ways = waysBack(ended);
  if (ways.length === 0) return undefined;
  const { reopened, openedByHand } = ended;
  if (reopened?.open === "standby") return "completed late";
  const isOpen = reopened !== undefined || openedByHand;
  if (ways.includes("reopen") && !isOpen) return "neither open";
  return "went back";
}

const hasBegun = ({ steps }: Done, id: SwitchStepId): boolean =>
  steps[id] !== undefined;

const isDone = ({ steps }: Done, id: SwitchStepId): boolean =>
  steps[id]?.kind === "done";
