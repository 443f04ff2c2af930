/** What a procedure says about itself: the same for details, queries, CLI and search attributes. Pure. */

import type { Override } from "../window/override";
import type { Hold } from "./decide";
import { type Finding, isUndo, type Slip, type StepSpec, undoOf } from "./spec";
import {
  isSettled,
  type Position,
  type ProcedureState,
  runningSteps,
  type StepFailure,
  type StepState,
  type Turn,
} from "./state";

/** Where one step stands, in the words of every screen. */
export type StepStanding =
  | "to come"
  | "in work"
  | "stopped until its window"
  | "failed"
  | "to retry"
  | "done"
  | "skipped"
  | "marked done"
  | "cut short";

export interface StepRow {
  readonly id: string;
  readonly title: string;
  readonly standing: StepStanding;
  readonly attempt?: number;
  /** Milliseconds of work so far. */
  readonly workedMs?: number;
  readonly percent?: number;
  readonly doneBytes?: number;
  readonly totalBytes?: number;
  /** Milliseconds from now, by its own forecast. */
  readonly etaMs?: number;
  readonly line?: string;
  readonly slip?: Slip;
  readonly failure?: StepFailure;
  /** Who skipped it or called it done, and why. */
  readonly by?: string;
  readonly comment?: string;
}

/** What a watch has seen last. */
export interface WatchRow {
  readonly name: string;
  readonly level: Finding["level"];
  readonly text: string;
  /** When it was seen, in milliseconds of the epoch. */
  readonly at: number;
}

export interface ProcedureProgress {
  /** Tells it from the progress of a rollout. */
  readonly kind: "procedure";
  /** Titles of the steps in work, or of what comes next. */
  readonly step: string;
  readonly course: "forward" | Turn["kind"];
  /** Who turned it, and why. */
  readonly turned?: { readonly by: string; readonly reason?: string };
  readonly position: Position["kind"];
  readonly holds: readonly Hold[];
  /** What watches have noticed and lasts; it holds nothing. Absent while all is well. */
  readonly notices?: readonly Notice[];
  readonly steps: readonly StepRow[];
  /** What is looked at beside them. */
  readonly watches?: readonly WatchRow[];
  /** 0 to 100: steps that are settled, and the share of those in work. */
  readonly percent: number;
  readonly startedAt: number;
  /** Why nothing can be undone any more. */
  readonly forwardOnly?: string;
  readonly override?: Override;
}

export interface Notice {
  readonly watch: string;
  readonly text: string;
}

export interface ProgressFacts {
  readonly specs: readonly StepSpec[];
  /** Steps that wait to start, each with what holds it. */
  readonly waiting: ReadonlyMap<string, readonly Hold[]>;
  readonly now: number;
  readonly override?: Override | undefined;
}

export function progressOf(
  state: ProcedureState,
  facts: ProgressFacts,
): ProcedureProgress {
  const { course, position, startedAt, forwardOnly, paused } = state;
  const { specs, waiting, now, override } = facts;
  const isBack = position.kind === "undoing";
  const rows = rowsOf(state, specs, now);
  const holds = unique([...waiting.values()].flat());
  const isSaid = holds.some(({ kind }) => kind === "paused");
  const notices = noticesOf(state);
  return {
    kind: "procedure",
    step: stepInWords(state, rows, waiting),
    course: course.kind,
    ...("by" in course ? { turned: turnedBy(course) } : {}),
    position: position.kind,
    holds:
      paused === undefined || isSaid
        ? holds
        : [{ kind: "paused", ...paused }, ...holds],
    ...(notices.length === 0 ? {} : { notices }),
    steps: isBack
      ? rows
      : rows.filter(
          ({ standing, id }) => !isUndo(id) || standing !== "to come",
        ),
    ...(course.kind === "forward" && position.kind === "working"
      ? { watches: watchRows(state) }
      : {}),
    percent: position.kind === "ended" ? 100 : percentOf(state, specs),
    startedAt,
    ...(forwardOnly === undefined ? {} : { forwardOnly }),
    ...(override && { override }),
  };
}

/** What somebody has accepted lasts as well. */
const noticesOf = ({ findings }: ProcedureState): readonly Notice[] =>
  Object.entries(findings).flatMap(([watch, { level, text, accepted }]) =>
    level === "note" || accepted === true ? [{ watch, text }] : [],
  );

const turnedBy = ({ by, reason }: { by: string; reason?: string }) => ({
  by,
  ...(reason === undefined ? {} : { reason }),
});

const watchRows = ({ findings, startedAt }: ProcedureState): WatchRow[] =>
  Object.entries(findings).map(([name, finding]) => {
    const { level, text, figures, at = startedAt } = finding;
    const seen = figures === undefined ? text : `${text}; ${figures}`;
    return { name, level, text: seen, at };
  });

function rowsOf(
  { steps }: ProcedureState,
  specs: readonly StepSpec[],
  now: number,
): StepRow[] {
  const undos = specs.map(undoOf).filter(({ id }) => id in steps);
  return [...specs, ...undos.reverse()].map(({ id, title }) => ({
    ...{ id, title },
    ...rowOf(steps[id], now),
  }));
}

const standings: Readonly<Record<StepState["kind"], StepStanding>> = {
  running: "in work",
  interrupted: "stopped until its window",
  parked: "failed",
  "to retry": "to retry",
  done: "done",
  skipped: "skipped",
  "marked done": "marked done",
  cut: "cut short",
};

function rowOf(
  step: StepState | undefined,
  now: number,
): Omit<StepRow, "id" | "title"> {
  if (step === undefined) return { standing: "to come" };
  const { kind, attempt, workedMs } = step;
  const row = { standing: standings[kind], attempt, workedMs };
  switch (step.kind) {
    case "running":
      return {
        ...row,
        workedMs: workedMs + Math.max(0, now - step.since),
        ...shownProgress(step, now),
        ...(step.slip && { slip: step.slip }),
      };
    case "parked":
      return { ...row, failure: step.failure };
    case "cut":
      return { ...row, ...(step.failure && { failure: step.failure }) };
    case "skipped":
    case "marked done": {
      const { by, comment } = step;
      return { ...row, by, ...(comment === undefined ? {} : { comment }) };
    }
    case "interrupted":
    case "to retry":
    case "done":
      return row;
  }
}

function shownProgress(
  { progress }: Extract<StepState, { kind: "running" }>,
  now: number,
): Partial<StepRow> {
  if (progress === undefined) return {};
  const { percent, doneBytes, totalBytes, etaMs, line, at } = progress;
  return {
    line,
    ...(percent === undefined ? {} : { percent }),
    ...(doneBytes === undefined ? {} : { doneBytes }),
    ...(totalBytes === undefined ? {} : { totalBytes }),
    ...(etaMs === undefined ? {} : { etaMs: Math.max(0, at + etaMs - now) }),
  };
}

/** What it works at; else what it waits to start, or what people are asked about. */
function stepInWords(
  state: ProcedureState,
  rows: readonly StepRow[],
  waiting: ProgressFacts["waiting"],
): string {
  const { position } = state;
  if (position.kind === "reporting") return "Report";
  if (position.kind === "ended") return `ended: ${position.outcome}`;
  const running = runningSteps(state);
  const named = (ids: readonly string[]): string =>
    rows
      .filter(({ id }) => ids.includes(id))
      .map(({ title }) => title)
      .join(", ");
  if (running.length > 0) return named(running);
  if (waiting.size > 0) return named([...waiting.keys()]);
  const failed = rows.filter(({ standing }) => standing === "failed");
  const next = failed[0] ?? rows.find(({ standing }) => standing === "to come");
  return next?.title ?? rows.at(-1)?.title ?? "";
}

function percentOf(
  { steps }: ProcedureState,
  specs: readonly StepSpec[],
): number {
  if (specs.length === 0) return 0;
  const done = specs.reduce((sum, { id }) => {
    const step = steps[id];
    if (isSettled(step)) return sum + 100;
    return sum + ((step?.kind === "running" && step.progress?.percent) || 0);
  }, 0);
  return Math.floor(done / specs.length);
}

function unique(holds: readonly Hold[]): Hold[] {
  const known = new Set<string>();
  return holds.filter((hold) => {
    const key = JSON.stringify(hold);
    return !known.has(key) && known.add(key);
  });
}
