import { holdsInWords } from "../../workflows/rollout/hold-words";
import { percentDone } from "../progress-bar";
import type { Live, Observation, Retrying } from "./observation";
import { procedureChanges } from "./procedure-words";
import {
  causeText,
  countsOf,
  failedCount,
  failureText,
  progressLine,
  questionWords,
  retryText,
} from "./words";

const PROGRESS_STEP_PERCENT = 5;

/** What a log must say between two looks at a run; nothing when nothing a reader cares for has changed. */
export function changesBetween(
  before: Observation | undefined,
  after: Observation,
): readonly string[] {
  const { live, silence } = after;
  if (after.end !== undefined) return [];
  if (live === undefined)
    return [
      ...(silence === before?.silence ? [] : [`no answer: ${silence ?? ""}`]),
      ...newRetries(before, after),
    ];
  const last = before?.live;
  return [
    ...(before?.silence === undefined ? [] : ["the run answers again"]),
    ...(live.procedure === undefined
      ? stepChange(last, live)
      : procedureChanges(last?.procedure, live.procedure)),
    ...newRetries(before, after),
    ...newFailures(last, live),
    ...haltChanges(last, live),
    ...(isWorthALine(last, live) ? [progressLine(live)] : []),
    ...gateChanges(after.workflowId, last, live),
  ];
}

const stepChange = (last: Live | undefined, { step }: Live): string[] =>
  step === last?.step ? [] : [`step ${step}`];

/** Once for each cause, however often and on however many hosts it strikes. */
function newRetries(
  before: Observation | undefined,
  { retrying }: Observation,
): string[] {
  const cause = ({ activity, message }: Retrying) => `${activity} ${message}`;
  const known = new Set(before?.retrying.map(cause));
  return retrying.flatMap((call) => {
    if (known.has(cause(call))) return [];
    known.add(cause(call));
    return [`tried again: ${retryText(call)}`];
  });
}

function newFailures(last: Live | undefined, live: Live): string[] {
  if (live.hosts.length === 0) return newCauses(last, live);
  const known = new Set(last?.failures.map(failureText));
  return live.failures
    .map(failureText)
    .filter((text) => !known.has(text))
    .map((text) => `failed: ${text}`);
}

/** Of a fleet that is not shown host by host. */
function newCauses(last: Live | undefined, { progress }: Live): string[] {
  const known = new Set(last?.progress?.causes.map(({ id }) => id));
  return (progress?.causes ?? [])
    .filter(({ id }) => !known.has(id))
    .map((cause) => `failed: ${causeText(cause)}`);
}

function haltChanges(last: Live | undefined, live: Live): string[] {
  const before =
    last?.progress === undefined ? [] : holdsInWords(last.progress);
  const now = live.progress === undefined ? [] : holdsInWords(live.progress);
  const isFree = before.length > 0 && now.length === 0;
  return [
    ...now.filter((text) => !before.includes(text)),
    ...(isFree ? ["nothing halts it any more"] : []),
  ];
}

/** Each twentieth of the fleet, and each failure: a log of 800 hosts stays readable. */
function isWorthALine(last: Live | undefined, live: Live): boolean {
  if (live.hosts.length === 0 && live.progress === undefined) return false;
  const rank = (one: Live): string => {
    const percent = percentDone(countsOf(one));
    const mark = Math.floor(percent / PROGRESS_STEP_PERCENT);
    return `${mark} ${failedCount(one)} ${one.isHolding}`;
  };
  return last === undefined || rank(last) !== rank(live);
}

function gateChanges(
  workflowId: string,
  last: Live | undefined,
  live: Live,
): string[] {
  const before = last?.gates ?? [];
  const opened = live.gates.filter(
    ({ nonce, title }) =>
      !before.some((gate) => gate.nonce === nonce && gate.title === title),
  );
  const closed = before.filter(
    ({ id }) => !live.gates.some((gate) => gate.id === id),
  );
  return [
    ...opened.flatMap((gate) => questionWords(workflowId, gate)),
    ...closed.map(({ id }) => `gate ${id} is closed`),
  ];
}
