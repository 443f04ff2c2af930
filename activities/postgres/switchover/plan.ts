/**
 * The one order of a switchover, and the way back from each of its steps. Pure: the runbook goes by it, and so do tests.
 *
 * At every moment at most one server can take writes. Up to `stop` it is the old primary; from `fence` on the old primary can
 * only start as a standby, so that from `promote` on it can be the new one alone. Between `stop` and `promote` it is none.
 *
 * `received` comes before `fence`: what fails most often, a standby that lacks the end, goes back without anything of the old
 * primary's files having been touched. Whoever starts the primary meanwhile is found by the fence, which compares where it
 * stopped, and `promote` looks at both once more.
 */

/** From the moment that clients are held back until they go on. */
export const heldSteps = [
  "drain",
  "checkpoint",
  "stop",
  "received",
  "fence",
  "promote",
  "timeline",
  "resume",
] as const;
export type HeldStep = (typeof heldSteps)[number];

/** Clients do not wait for the last one. */
export const switchSteps = ["guards", ...heldSteps, "rejoin"] as const;
export type SwitchStep = (typeof switchSteps)[number];

/** What takes a switchover back, in this order. */
export type BackStep =
  /** The old primary follows the new one, which is then closed: `demote`. It is kept where somebody has written on it, or nobody follows. */
  | "demote"
  /** `promoteBack` after `demote`; else `reopenPrimary`, which may find that the standby was promoted after all. */
  | "reopen"
  /** On whichever server is open. */
  | "let clients go on"
  /** The server that is not open. */
  | "let the other follow";

const closeAll = ["reopen", "let clients go on"] as const;
const withOther = [...closeAll, "let the other follow"] as const;

/**
 * Before the drain nothing was touched, and once clients go on nothing is taken back.
 *
 * @param begun the last step that has begun, and whether it has ended well
 */
export function stepsBack(
  begun: SwitchStep | undefined,
  isDone: boolean,
): readonly BackStep[] {
  switch (begun) {
    case undefined:
    case "guards":
      return [];
    case "drain":
    case "checkpoint":
      return ["let clients go on"];
    case "stop":
    case "received":
      return closeAll;
    case "fence":
      return withOther;
    case "promote":
      return isDone ? ["demote", ...withOther] : withOther;
    case "timeline":
      return ["demote", ...withOther];
    case "resume":
      return isDone ? [] : withOther;
    case "rejoin":
      return [];
  }
}

/** What is left to do when a promotion has happened after all. */
export const stepsAfter = (step: SwitchStep): readonly SwitchStep[] =>
  switchSteps.slice(switchSteps.indexOf(step) + 1);
