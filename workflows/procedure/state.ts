/** The words of a procedure: steps that begin, fail, wait for people and end. Pure data; no Temporal here. */

import type { Freeze } from "../../activities/freeze/port";
import type { StepProgress } from "../../activities/progress/port";
import type { Decision } from "../gate/gate";
import type { LockWait } from "../lock/take-lock";
import type { Finding, Slip } from "./spec";

export interface StepFailure {
  readonly type: string;
  /** What was seen, and after `hint:` what to do. */
  readonly message: string;
}

/** How often a step was tried, and how long it has worked; waiting for people or calendars does not count. */
interface Tried {
  /** From 1; one more with each `retry`. */
  readonly attempt: number;
  /** From 1; one more with each window in which this attempt goes on. */
  readonly part: number;
  /** One more with each start, whether in a later window or as a new attempt; absent while that is the attempt's number. */
  readonly generation?: number;
  /** Milliseconds, without what goes on now. */
  readonly workedMs: number;
}

/** Instants in milliseconds of the epoch. */
export type StepState =
  | ({
      readonly kind: "running";
      readonly since: number;
      /** As it told last, and when. */
      readonly progress?: StepProgress & { readonly at: number };
      readonly slip?: Slip;
    } & Tried)
  /** Stopped at the close of its window; goes on in the next one. */
  | ({ readonly kind: "interrupted" } & Tried)
  /** Failed for good: people are asked. */
  | ({ readonly kind: "parked"; readonly failure: StepFailure } & Tried)
  /** Somebody said so: it runs as soon as nothing holds it. */
  | ({ readonly kind: "to retry" } & Tried)
  | ({
      readonly kind: "done";
      readonly at: number;
      readonly result?: unknown;
    } & Tried)
  | ({
      readonly kind: "skipped" | "marked done";
      readonly at: number;
      readonly by: string;
      readonly comment?: string;
    } & Tried)
  /** Stopped for good with its run, or given up after a failure: in doubt until it is undone. */
  | ({ readonly kind: "cut"; readonly failure?: StepFailure } & Tried);

/** Where the run goes. */
export type Course =
  | { readonly kind: "forward" }
  | {
      /** `stopped`: in an emergency. */
      readonly kind: "aborted" | "rolling back" | "stopped";
      readonly by: string;
      readonly reason?: string;
      readonly at: number;
    }
  /** By Temporal's own cancel. */
  | { readonly kind: "cancelled"; readonly at: number };

export type Turn = Exclude<Course, { kind: "forward" }>;

export type Position =
  | { readonly kind: "working" }
  | { readonly kind: "undoing" }
  | { readonly kind: "reporting" }
  | { readonly kind: "ended"; readonly outcome: string };

export type Lock =
  | { readonly kind: "none" }
  | { readonly kind: "waiting"; readonly wait: Omit<LockWait, "kind"> }
  | { readonly kind: "held" }
  | { readonly kind: "left" };

export interface Pause {
  readonly by: string;
  readonly at: number;
  readonly reason?: string;
}

export interface ProcedureState {
  readonly startedAt: number;
  readonly course: Course;
  readonly position: Position;
  /** Those that have begun, in the order in which they did: undoing goes backwards over it. */
  readonly steps: Readonly<Record<string, StepState>>;
  readonly lock: Lock;
  readonly paused?: Pause;
  readonly freezes: readonly Freeze[];
  /** What watches have seen last, by their names; of one that is over, nothing. */
  readonly findings: Readonly<
    Record<string, Finding & { readonly at?: number; readonly accepted?: true }>
  >;
  /** Answers to questions of the procedure itself, by gate: they are not asked twice. */
  readonly decisions: Readonly<Record<string, Decision>>;
  /** Why nothing can be undone any more: the point of no return was passed. */
  readonly forwardOnly?: string;
  /** An emergency stop came while it undid: what is not undone stays. */
  readonly undoStopped?: true;
}

export type ProcedureEvent =
  | { readonly kind: "step started"; readonly id: string }
  | {
      readonly kind: "step done";
      readonly id: string;
      readonly result: unknown;
    }
  | {
      readonly kind: "step failed";
      readonly id: string;
      readonly failure: StepFailure;
    }
  | { readonly kind: "step interrupted"; readonly id: string }
  | {
      readonly kind: "step cut";
      readonly id: string;
      readonly failure?: StepFailure;
    }
  | {
      readonly kind: "step answered";
      readonly id: string;
      readonly how: Answered;
    }
  | { readonly kind: "progress told"; readonly progress: StepProgress }
  | { readonly kind: "slipped"; readonly id: string; readonly slip: Slip }
  | { readonly kind: "paused"; readonly pause: Pause }
  | { readonly kind: "resumed" }
  | { readonly kind: "freezes told"; readonly freezes: readonly Freeze[] }
  | { readonly kind: "lock"; readonly lock: Lock }
  | {
      readonly kind: "found";
      readonly watch: string;
      readonly finding: Finding;
    }
  | { readonly kind: "accepted"; readonly watch: string }
  | { readonly kind: "unwatched"; readonly watch: string }
  | { readonly kind: "decided"; readonly decision: Decision }
  | { readonly kind: "turned"; readonly course: Turn }
  | { readonly kind: "entered"; readonly position: Position }
  | { readonly kind: "past return"; readonly reason: string };

export interface Answered {
  readonly choice: "retry" | "skip" | "mark done" | "give up";
  readonly by: string;
  readonly comment?: string;
}

export const newProcedure = (now: number): ProcedureState => ({
  startedAt: now,
  course: { kind: "forward" },
  position: { kind: "working" },
  steps: {},
  lock: { kind: "none" },
  freezes: [],
  findings: {},
  decisions: {},
});

export const runningSteps = ({
  steps,
}: Pick<ProcedureState, "steps">): readonly string[] =>
  Object.keys(steps).filter((id) => steps[id]?.kind === "running");

/** Nothing is left of it to do. */
export const isSettled = (step: StepState | undefined): boolean =>
  step?.kind === "done" ||
  step?.kind === "skipped" ||
  step?.kind === "marked done";

export const isOver = ({
  position,
}: Pick<ProcedureState, "position">): boolean =>
  position.kind === "reporting" || position.kind === "ended";
