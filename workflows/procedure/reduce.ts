import type { StepProgress } from "../../activities/progress/port";
import { type Finding, isUndo, watchOf } from "./spec";
import {
  type Answered,
  isOver,
  type ProcedureEvent,
  type ProcedureState,
  runningSteps,
  type StepState,
} from "./state";

/** The one place where a procedure's state changes. An event that does not fit changes nothing: the same object comes back. */
export function reduce(
  state: ProcedureState,
  event: ProcedureEvent,
  now: number,
): ProcedureState {
  switch (event.kind) {
    case "step started":
      return changed(state, event.id, (step) => started(step, now));
    case "step done":
    case "step failed":
    case "step interrupted":
    case "step cut":
      return changed(state, event.id, (step) => ended(step, event, now));
    case "step answered":
      return changed(state, event.id, (step) => answered(step, event.how, now));
    case "progress told":
      return told(state, event.progress, now);
    case "slipped":
      return changed(state, event.id, (step) =>
        step?.kind === "running" ? { ...step, slip: event.slip } : step,
      );
    case "paused":
      return isOver(state) ? state : { ...state, paused: event.pause };
    case "resumed":
      return without(state, "paused");
    case "freezes told":
      return { ...state, freezes: event.freezes };
    case "lock":
      return { ...state, lock: event.lock };
    case "found":
      return found(state, event.watch, event.finding, now);
    case "accepted":
      return accepted(state, event.watch);
    case "unwatched": {
      const { [event.watch]: over, ...findings } = state.findings;
      return over === undefined ? state : { ...state, findings };
    }
    case "decided": {
      const { decision } = event;
      const decisions = { ...state.decisions, [decision.gate]: decision };
      return { ...state, decisions };
    }
    case "turned":
      return turned(state, event.course);
    case "entered":
      return { ...state, position: event.position };
    case "past return":
      return { ...state, forwardOnly: event.reason };
  }
}

function changed(
  state: ProcedureState,
  id: string,
  change: (step: StepState | undefined) => StepState | undefined,
): ProcedureState {
  const before = state.steps[id];
  const after = change(before);
  if (after === undefined || after === before) return state;
  return { ...state, steps: { ...state.steps, [id]: after } };
}

function started(
  step: StepState | undefined,
  now: number,
): StepState | undefined {
  const running = { kind: "running", since: now } as const;
  switch (step?.kind) {
    case undefined:
      return { ...running, attempt: 1, part: 1, workedMs: 0 };
    case "interrupted": {
      const { attempt, part, workedMs, generation = attempt } = step;
      const next = { part: part + 1, generation: generation + 1 };
      return { ...running, attempt, ...next, workedMs };
    }
    case "to retry": {
      const { attempt, workedMs, generation } = step;
      const next =
        generation === undefined ? {} : { generation: generation + 1 };
      return { ...running, attempt: attempt + 1, part: 1, ...next, workedMs };
    }
    case "running":
    case "parked":
    case "done":
    case "skipped":
    case "marked done":
    case "cut":
      return step;
  }
}

function ended(
  step: StepState | undefined,
  event: Extract<
    ProcedureEvent,
    { kind: "step done" | "step failed" | "step interrupted" | "step cut" }
  >,
  now: number,
): StepState | undefined {
  if (step?.kind === "parked" && event.kind === "step cut")
    return { ...triedOf(step, now), kind: "cut", failure: step.failure };
  if (step?.kind !== "running") return step;
  const tried = triedOf(step, now);
  switch (event.kind) {
    case "step done":
      return { ...tried, kind: "done", at: now, result: event.result };
    case "step failed":
      return { ...tried, kind: "parked", failure: event.failure };
    case "step interrupted":
      return { ...tried, kind: "interrupted" };
    case "step cut": {
      const { failure } = event;
      return { ...tried, kind: "cut", ...(failure && { failure }) };
    }
  }
}

function answered(
  step: StepState | undefined,
  { choice, by, comment }: Answered,
  now: number,
): StepState | undefined {
  if (step?.kind !== "parked") return step;
  const tried = triedOf(step, now);
  const said = { at: now, by, ...(comment === undefined ? {} : { comment }) };
  switch (choice) {
    case "retry":
      return { ...tried, kind: "to retry" };
    case "skip":
      return { ...tried, ...said, kind: "skipped" };
    case "mark done":
      return { ...tried, ...said, kind: "marked done" };
    case "give up":
      return { ...tried, kind: "cut", failure: step.failure };
  }
}

function triedOf(step: StepState, now: number) {
  const { attempt, part, generation, workedMs } = step;
  const more = step.kind === "running" ? Math.max(0, now - step.since) : 0;
  const tried = { attempt, part, workedMs: workedMs + more };
  return generation === undefined ? tried : { ...tried, generation };
}

/** Of a step in work, or of the look of a watch; that changes no level, and takes back no acceptance. */
function told(
  state: ProcedureState,
  progress: StepProgress,
  now: number,
): ProcedureState {
  const watch = watchOf(progress.step);
  if (watch === undefined)
    return changed(state, progress.step, (step) =>
      step?.kind === "running"
        ? { ...step, progress: { ...progress, at: now } }
        : step,
    );
  const before = state.findings[watch] ?? { level: "ok" as const };
  const finding = { ...before, text: progress.line, at: now };
  return { ...state, findings: { ...state.findings, [watch]: finding } };
}

/** What was accepted stays accepted while the watch says the same. */
function found(
  state: ProcedureState,
  watch: string,
  finding: Finding,
  now: number,
): ProcedureState {
  const before = state.findings[watch];
  const isSame =
    before?.level === finding.level && before.text === finding.text;
  const isKnown =
    before?.figures === finding.figures && before?.memory === finding.memory;
  if (isSame && isKnown) return state;
  const after = {
    ...{ ...finding, at: now },
    ...(isSame && before.accepted && { accepted: before.accepted }),
  };
  return { ...state, findings: { ...state.findings, [watch]: after } };
}

function accepted(state: ProcedureState, watch: string): ProcedureState {
  const finding = state.findings[watch];
  if (finding?.level !== "hold" || finding.accepted === true) return state;
  const after = { ...finding, accepted: true } as const;
  return { ...state, findings: { ...state.findings, [watch]: after } };
}

/** Whoever turned first has turned it; an emergency stop outdoes the others, and while it is undone stops that, too. */
function turned(
  state: ProcedureState,
  course: Extract<ProcedureEvent, { kind: "turned" }>["course"],
): ProcedureState {
  if (isOver(state)) return state;
  const isUndoing =
    state.position.kind === "undoing" || runningSteps(state).some(isUndo);
  if (course.kind === "stopped")
    return {
      ...state,
      course: state.course.kind === "cancelled" ? state.course : course,
      ...(isUndoing ? { undoStopped: true } : {}),
    };
  return state.course.kind === "forward" ? { ...state, course } : state;
}

function without(state: ProcedureState, key: "paused"): ProcedureState {
  if (state[key] === undefined) return state;
  const { [key]: _, ...rest } = state;
  return rest;
}
