import type {
  ProcedureProgress,
  StepRow,
  WatchRow,
} from "../../workflows/procedure/progress";
import {
  headlines,
  stepInWords,
  watchInWords,
  watchStanding,
} from "../../workflows/procedure/words";
import type { RolloutProgress } from "../../workflows/rollout/words";

/** Runs of steps, as a terminal and a log show them; pure functions. */

export const isProcedure = (
  progress: RolloutProgress | ProcedureProgress | undefined,
): progress is ProcedureProgress =>
  progress !== undefined && "kind" in progress;

/** Each step with its mark, amounts and forecast. */
export function procedureWords(progress: ProcedureProgress): string[] {
  return [
    `Step ${progress.step} (${progress.percent} %)`,
    ...headlines(progress),
    ...(progress.watches ?? []).map((row) => `Watched: ${watchStanding(row)}`),
    "",
    ...progress.steps.map(stepInWords),
  ];
}

const LOGGED_PERCENT = 5;

/** What a log says of the steps between two looks: each change of one, and each twentieth of the one in work. */
export function procedureChanges(
  before: ProcedureProgress | undefined,
  after: ProcedureProgress,
): string[] {
  const known = new Map(before?.steps.map((row) => [row.id, rankOf(row)]));
  const said = before === undefined ? [] : headlines(before);
  const now = headlines(after);
  const isFree = said.length > 0 && now.length === 0;
  return [
    ...after.steps
      .filter((row) => row.standing !== "to come")
      .filter((row) => known.get(row.id) !== rankOf(row))
      .map(stepInWords),
    ...newWatches(before, after).map((row) => `Watched: ${watchInWords(row)}`),
    ...now.filter((text) => !said.includes(text)),
    ...(isFree ? ["nothing holds it any more"] : []),
  ];
}

/** A log tells the first sight of a watch, and what it notices or holds as all else that does: its figures never stand still. */
function newWatches(
  before: ProcedureProgress | undefined,
  { watches = [] }: ProcedureProgress,
): WatchRow[] {
  const known = new Set(before?.watches?.map(({ name }) => name));
  return watches.filter(({ name }) => !known.has(name));
}

/** Of rows that say the same to a reader it is the same. */
function rankOf({ standing, attempt, percent = 0, slip }: StepRow): string {
  const mark = Math.floor(percent / LOGGED_PERCENT);
  return JSON.stringify([standing, attempt, mark, slip?.now, slip?.windowEnd]);
}
