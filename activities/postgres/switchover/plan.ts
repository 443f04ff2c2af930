/**
 * A switchover step by step, and the way back from each of them. Pure: workflows go by it.
 *
 * At every moment at most one server can take writes. Up to `stop` it is the old primary; from `fence` on the old primary can
 * only start as a standby, so that from `promote` on it can be the new one alone. Between `stop` and `promote` it is none.
 * Clients wait for none of what follows: the old primary rejoins behind them, on the slot that it has had since `fence`.
 */

export const switchSteps = [
  "guards",
  "drain",
  "checkpoint",
  "stop",
  "fence",
  "received",
  "promote",
  "timeline",
  "resume",
  "rejoin",
] as const;
export type SwitchStep = (typeof switchSteps)[number];

export const switchTitles: Readonly<Record<SwitchStep, string>> = {
  guards: "Look at both servers once more",
  drain: "Let no new transaction begin",
  checkpoint: "Write a checkpoint, so that the stop is short",
  stop: "Stop the primary",
  fence: "Fence the old primary: it can only start as a standby",
  received: "Prove that the standby has everything",
  promote: "Promote the standby",
  timeline: "Prove that it writes a timeline of its own",
  resume: "Lead clients to the new primary, and let them go on",
  rejoin: "Let the old primary follow the new one",
};

/** Whoever has begun it goes forward. */
export const pointOfNoReturn: SwitchStep = "resume";

/** What has to be done so that the old primary takes writes again. */
export type SwitchUndo =
  | { readonly kind: "nothing" }
  /** Clients were held back, no more. */
  | { readonly kind: "resume" }
  /**
   * `reopenPrimary`. If it says that the primary is open: `resumeClients` to it, then `restartStandby`. If it says that the
   * standby is: the promotion has happened, and the steps after `promote` are what is left.
   */
  | { readonly kind: "reopen"; readonly promoteBegun: boolean }
  /**
   * The standby takes writes, and nobody has written yet: `proveUnwritten`, then the same steps once more with the roles
   * changed, from `rejoin` of the old primary on; `switchBackSteps`.
   */
  | { readonly kind: "switch back" }
  /** Clients may have written there: to go back is another switchover. */
  | { readonly kind: "forward only" };

/** @param begun the last step that has begun, and whether it has ended well */
export function undoAfter(
  begun: SwitchStep | undefined,
  isDone: boolean,
): SwitchUndo {
  switch (begun) {
    case undefined:
    case "guards":
      return { kind: "nothing" };
    case "drain":
    case "checkpoint":
      return { kind: "resume" };
    case "stop":
    case "fence":
    case "received":
      return { kind: "reopen", promoteBegun: false };
    case "promote":
      return isDone
        ? { kind: "switch back" }
        : { kind: "reopen", promoteBegun: true };
    case "timeline":
      return { kind: "switch back" };
    case "resume":
    case "rejoin":
      return { kind: "forward only" };
  }
}

/** With the roles changed, behind `proveUnwritten` and a `rejoin` in the old roles. Clients are held back all along. */
export const switchBackSteps = [
  "checkpoint",
  "stop",
  "fence",
  "received",
  "promote",
  "timeline",
  "resume",
  "rejoin",
] as const satisfies readonly SwitchStep[];

/** What is left to do when a promotion has happened after all. */
export const stepsAfter = (step: SwitchStep): readonly SwitchStep[] =>
  switchSteps.slice(switchSteps.indexOf(step) + 1);
