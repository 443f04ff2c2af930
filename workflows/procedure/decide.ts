/** What a procedure does next, from what it knows. Pure: Temporal waits, this decides. */

import type { Freeze } from "../../activities/freeze/port";
import type { Halt } from "../rollout/words";
import type { Standing } from "../window/standing";
import { gateOf, isUndo, type StepChoice, type StepSpec } from "./spec";
import { isSettled, type ProcedureState, type StepState } from "./state";

/** Why a step does not start. */
export type Hold =
  | Extract<Halt, { kind: "paused" | "frozen" | "closed" | "lock" }>
  | {
      readonly kind: "watch";
      readonly watch: string;
      readonly text: string;
    };

export interface StartFacts {
  readonly spec: StepSpec;
  /** Of its window, with the time it needs; absent where no calendar counts. */
  readonly standing: Standing | undefined;
}

/** Everything that keeps a step from starting now; none means that it starts. The lock is asked for once nothing else does. */
export function holdsOf(
  state: ProcedureState,
  { spec, standing }: StartFacts,
): readonly Hold[] {
  if (spec.urgent === true) return lockHold(state, spec);
  const isBack = isUndo(spec.id);
  const { paused } = state;
  return [
    ...(paused === undefined ? [] : [{ kind: "paused" as const, ...paused }]),
    ...frozen(freezesFor(state.freezes, spec)),
    ...(isBack ? [] : watchHolds(state)),
    ...(spec.disruptive === true ? closed(standing) : []),
    ...lockHold(state, spec),
  ];
}

const lockHold = (state: ProcedureState, spec: StepSpec): Hold[] =>
  state.lock.kind === "waiting" && needsLock(state, spec)
    ? [{ kind: "lock", ...state.lock.wait }]
    : [];

/** Whether it still needs the lock, which whoever only looks does not, and whoever goes back has. */
export const needsLock = ({ lock }: ProcedureState, spec: StepSpec): boolean =>
  spec.readOnly !== true && !isUndo(spec.id) && lock.kind !== "held";

const frozen = (freezes: readonly Freeze[]): Hold[] =>
  freezes.length === 0 ? [] : [{ kind: "frozen", freezes }];

/** What only looks may look; going back is held by those freezes alone that say so. */
function freezesFor(
  freezes: readonly Freeze[],
  { id, readOnly }: StepSpec,
): readonly Freeze[] {
  if (readOnly === true) return [];
  return isUndo(id)
    ? freezes.filter(({ blocksUndo }) => blocksUndo === true)
    : freezes;
}

const closed = (standing: Standing | undefined): Hold[] =>
  standing?.kind === "closed" ? [standing] : [];

/** What watches hold, until it is over or somebody accepts it. */
export function watchHolds({
  findings,
}: Pick<ProcedureState, "findings">): Extract<Hold, { kind: "watch" }>[] {
  return Object.entries(findings).flatMap(
    ([watch, { level, text, accepted }]) =>
      level === "hold" && accepted !== true
        ? [{ kind: "watch" as const, watch, text }]
        : [],
  );
}

/** What a run does about a step when it comes to it. */
export type Next =
  | { readonly kind: "return"; readonly result: unknown }
  /** It goes on, or was in work when the former run of the chain handed over: it is joined. */
  | { readonly kind: "work" }
  | { readonly kind: "wait to start" }
  | { readonly kind: "ask" }
  /** The run has turned. */
  | { readonly kind: "leave" };

export function nextOf(state: ProcedureState, id: string): Next {
  const step = state.steps[id];
  if (step?.kind === "done") return { kind: "return", result: step.result };
  if (isSettled(step)) return { kind: "return", result: undefined };
  if (isUndo(id) ? state.undoStopped : state.course.kind !== "forward")
    return { kind: "leave" };
  switch (step?.kind) {
    case "running":
      return { kind: "work" };
    case "parked":
      return { kind: "ask" };
    default:
      return { kind: "wait to start" };
  }
}

/** Whether a step that fails turns the run back by itself, instead of asking. */
export const turnsBack = (
  { forwardOnly }: Pick<ProcedureState, "forwardOnly">,
  { id, urgent, asksNobody }: StepSpec,
): boolean =>
  (urgent === true || asksNobody === true) &&
  !isUndo(id) &&
  forwardOnly === undefined;

/** Those of its choices that still mean something. */
const choicesOf = (
  { choices }: StepSpec,
  { forwardOnly }: Pick<ProcedureState, "forwardOnly">,
): readonly StepChoice[] =>
  choices.filter(
    (choice) => choice !== "roll back" || forwardOnly === undefined,
  );

/** What people are asked of a step that failed. */
export function failedQuestion(
  spec: StepSpec,
  step: Extract<StepState, { kind: "parked" }>,
  state: Pick<ProcedureState, "forwardOnly">,
) {
  const { attempt, failure } = step;
  const [seen = "", ...rest] = failure.message.split("\n");
  const hint = rest.find((line) => line.startsWith("hint: "));
  const again = attempt === 1 ? "" : ` at attempt ${attempt}`;
  const cost =
    spec.resumable === undefined ? "" : ` A retry: ${spec.resumable}.`;
  return {
    id: gateOf(spec.id),
    title: `${spec.title} failed${again}: ${seen}${hint === undefined ? "" : ` (${hint})`}.${cost} What now?`,
    choices: choicesOf(spec, state),
    explain: ["skip", "mark done"],
  };
}

/** Ids of steps to be undone: those that have begun and have an inverse, the last one first. */
export const undoOrder = (
  { steps }: Pick<ProcedureState, "steps">,
  inverses: readonly string[],
): readonly string[] =>
  Object.keys(steps)
    .filter((id) => inverses.includes(id))
    .reverse();

/** Steps of which nobody knows how they left things: stopped or given up half-way, and not undone. */
export const inDoubt = (
  { steps }: Pick<ProcedureState, "steps">,
  specs: readonly StepSpec[],
): readonly StepSpec[] =>
  specs.filter((spec) => {
    const undo = steps[`undo-${spec.id}`];
    if (undo?.kind === "done" || undo?.kind === "marked done") return false;
    if (undo !== undefined) return true;
    const step = steps[spec.id];
    const isBegun = step !== undefined && !isSettled(step);
    return spec.disruptive === true && isBegun;
  });

/** How a run ends whose runbook does not say it otherwise. */
export function outcomeOf(state: ProcedureState): string {
  const { course, steps } = state;
  const undone = Object.keys(steps).filter(isUndo);
  const isWhole = undone.every((id) => {
    const kind = steps[id]?.kind;
    return kind === "done" || kind === "marked done";
  });
  switch (course.kind) {
    case "forward":
      return Object.values(steps).some(({ kind }) => kind === "skipped")
        ? "completed with skipped steps"
        : "completed";
    case "aborted":
      return "aborted";
    case "stopped":
      return "stopped";
    case "cancelled":
      return "cancelled";
    case "rolling back":
      return isWhole && state.undoStopped !== true
        ? "rolled back"
        : "rolled back with failures";
  }
}
