/** What a procedure is made of and what is told of it. Pure data; no Temporal here. */

import type { GatePolicies } from "../../activities/approvals/port";

/** What people may answer to a step that has failed for good. */
export type StepChoice =
  | "retry"
  /** Goes on without it. Only of a step whose result no other step needs. */
  | "skip"
  /** Somebody has done it by hand, and says what proves it. Only of a step whose result no other step needs. */
  | "mark done"
  | "roll back"
  | "abort";

/** A titled unit of work, as the runbook's README and the UI name it. */
export interface StepSpec<Id extends string = string> {
  readonly id: Id;
  readonly title: string;
  readonly choices: readonly StepChoice[];
  /** Changes nothing: it starts without the lock, and whatever is frozen. */
  readonly readOnly?: true;
  /** Starts within its window only, with time enough left for `needMs`. */
  readonly disruptive?: true;
  /** What it takes with its undo; of one that stops at the close, what is worth a start. In milliseconds. */
  readonly needMs?: number;
  /** What becomes of it when the window closes: it goes on (the default), or it stops and goes on in the next one. */
  readonly atClose?: "finish" | "stop";
  /**
   * For what must not wait, such as while a service is down: nothing holds it, and where it fails nobody is asked, but the
   * run rolls back at once. Past the point of no return it asks as any other. Its inverse is held by nothing either.
   */
  readonly urgent?: true;
  /** A successor could not join its work, a child run, say: the chain of runs goes on once it has ended. */
  readonly staysHere?: true;
  /**
   * Where it fails nobody is asked, but the run rolls back at once, as from an urgent one: of a run that opens by itself, and
   * that must not wait for people beside its successor. Its inverse asks as any other.
   */
  readonly asksNobody?: true;
  /** Of its inverse; default: its own, undone. */
  readonly undoTitle?: string;
  /** What starting it again costs, for people who must decide that. */
  readonly resumable?: string;
}

/** What each runbook's first activity makes of its input; frozen in history. */
export interface PreparedProcedure {
  /** `plan`: shows what would be done, and touches nothing. */
  readonly mode: "plan" | "execute";
  /** In one line. */
  readonly summary: string;
  /** The plan in words. */
  readonly text: string;
  /** What every answer binds to. */
  readonly digest: string;
  readonly gateExpiresMs: number;
  /** What the run changes: paths `target`, `target/pool`, `target/pool/host`, all of one target. */
  readonly lock: {
    readonly resources: readonly string[];
    readonly expectedMs?: number;
  };
  /** Whether the target names calendars. */
  readonly keepsToCalendars: boolean;
  readonly approvals?: GatePolicies;
}

/** The work of a step is expected to end later than its window. Instants in milliseconds of the epoch. */
export interface Slip {
  /** When it was to end before. */
  readonly was: number;
  /** When it ends now; absent when nobody knows. */
  readonly now?: number;
  readonly windowEnd: number;
  /** Of a step that stops at the close: when it goes on. */
  readonly goesOnAt?: number;
}

type OfStep = { readonly step: string; readonly title: string };

/** What others want to hear of a run; announcements are made of these. `at` in milliseconds of the epoch. */
export type Milestone = { readonly at: number } & (
  | { readonly kind: "started"; readonly summary: string }
  | ({ readonly kind: "step started"; readonly attempt: number } & OfStep)
  | ({ readonly kind: "step done"; readonly tookMs: number } & OfStep)
  /** Told before the end that it misses. */
  | ({ readonly kind: "slip" } & Slip & OfStep)
  /** It failed for good, and people are asked. */
  | ({
      readonly kind: "parked";
      readonly gate: string;
      readonly message: string;
    } & OfStep)
  | { readonly kind: "ended"; readonly outcome: string }
);

/** What a watch beside the steps has seen. */
export interface Finding {
  /**
   * `ok` takes back what it said before; `note` is told and changes nothing; `hold` lets no further step start, and asks;
   * `abort` stops the steps under way, and the run unwinds.
   */
  readonly level: "ok" | "note" | "hold" | "abort";
  readonly text: string;
  /** What was measured, for screens: it is no news by itself. */
  readonly figures?: string;
  /** What the loop needs to know when it begins anew in a later run of the chain; small JSON. */
  readonly memory?: unknown;
}

const undoPrefix = "undo-";

/** The inverse of a step is a step of its own. */
export const undoOf = ({
  id,
  title,
  undoTitle,
  urgent,
}: StepSpec): StepSpec => ({
  id: `${undoPrefix}${id}`,
  title: undoTitle ?? `Undo: ${title}`,
  choices: ["retry", "mark done", "skip"],
  ...(urgent === true ? { urgent } : {}),
});

export const isUndo = (id: string): boolean => id.startsWith(undoPrefix);

export const gateOf = (step: string): string => `failed-${step}`;

const watchPrefix = "watch-";

export const watchGate = (watch: string): string => `${watchPrefix}${watch}`;

/** The watch whose gate, or whose look, it is. */
export const watchOf = (id: string): string | undefined =>
  id.startsWith(watchPrefix) ? id.slice(watchPrefix.length) : undefined;

/** Asks about a step that is longer than every window. */
export const fitGate = (step: string): string => `window-${step}`;
