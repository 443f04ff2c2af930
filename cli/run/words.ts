import { needsComment, type OpenGate } from "../../workflows/gate/gate";
import {
  approversInWords,
  atExpiry,
  votesInWords,
} from "../../workflows/gate/words";
import { holdsInWords } from "../../workflows/rollout/hold-words";
import type { Cause, RolloutProgress } from "../../workflows/rollout/words";
import { overrideInWords } from "../../workflows/window/override";
import { outlookInWords } from "../../workflows/window/outlook";
import { grid, type GridSize, poolBars } from "../grid";
import { countStandings, type StandingCounts } from "../host-standing";
import { durationText } from "../output";
import { countsText, progressBar } from "../progress-bar";
import type { Live, Observation, Retrying, RunEnd } from "./observation";
import { procedureWords } from "./procedure-words";

/** Everything said about a run on a terminal, as pure functions. */

const LISTED_FAILURES = 5;
const SHOWN_MESSAGE = 160;
const HOSTS_TO_PASTE = 10;

/** The whole picture, as `status` prints it and `watch` redraws it. */
export function runScreen(
  seen: Observation,
  size: GridSize,
  now: number,
): readonly string[] {
  const { end, live } = seen;
  const tail = seen.ui === undefined ? [] : ["", `UI: ${seen.ui}`];
  const head = headOf(seen, now);
  if (end !== undefined) return [...head, ...endWords(seen, end), ...tail];
  const retries = retryWords(seen);
  if (live === undefined)
    return [...head, ...silentWords(seen), ...retries, ...tail];
  const rest = [
    ...(live.progress === undefined
      ? failureWords(live)
      : causeWords(seen.workflowId, live.progress.causes, live.gates)),
    ...retries,
    ...gateWords(seen.workflowId, live),
    ...tail,
  ];
  const { progress } = live;
  const told = [haltWords, paceWords, outlookWords].flatMap((words) =>
    words(progress),
  ).length;
  const rows = size.rows - head.length - rest.length - told - 4;
  return [...head, ...liveWords(live, { ...size, rows }), ...rest];
}

function headOf(seen: Observation, now: number): string[] {
  const { workflowId, summary, startedAt, closedAt } = seen;
  const ran = durationText((closedAt ?? now) - startedAt);
  const since = new Date(startedAt).toISOString().replace(/\.\d+Z$/, "Z");
  return [
    workflowId,
    ...(summary === "" ? [] : [summary]),
    closedAt === undefined
      ? `Running since ${since} (${ran})`
      : `Began ${since}, took ${ran}`,
  ];
}

function liveWords(live: Live, size: GridSize): string[] {
  if (live.procedure !== undefined) return procedureWords(live.procedure);
  const counts = countsOf(live);
  const holding = live.isHolding ? " (holding: over budget)" : "";
  const budget = `${failedCount(live)} failed, ${live.allowedFailures} allowed`;
  const pools = live.progress?.pools ?? [];
  const picture =
    live.hosts.length > 0 ? grid(live.hosts, size) : poolBars(pools, size);
  return [
    `Step ${live.step}${holding}`,
    ...haltWords(live.progress),
    ...(picture.length === 0
      ? []
      : ["", `${progressBar(counts)}, ${budget}`, ...picture]),
    ...paceWords(live.progress),
    ...outlookWords(live.progress),
  ];
}

export const countsOf = ({ progress, hosts }: Live): StandingCounts =>
  progress?.counts ?? countStandings(hosts);

export const failedCount = ({ progress, failures }: Live): number =>
  progress?.failures ?? failures.length;

const courses: Readonly<Record<RolloutProgress["course"], string>> = {
  rolling: "",
  "rolling back": "Rolls back what was touched",
  draining: "Starts nothing new, and ends when the hosts in work are done",
};

/** Why nothing new starts, or why it goes another way. */
function haltWords(progress: RolloutProgress | undefined): string[] {
  if (progress === undefined) return [];
  const course = courses[progress.course];
  const { override } = progress;
  return [
    ...(course === "" ? [] : [course]),
    ...holdsInWords(progress),
    ...(override === undefined ? [] : [`By ${overrideInWords(override)}`]),
  ];
}

/** Whether the rest fits into the window. */
const outlookWords = (progress: RolloutProgress | undefined): string[] =>
  progress?.outlook === undefined ? [] : [outlookInWords(progress.outlook)];

function paceWords(progress: RolloutProgress | undefined): string[] {
  if (progress?.perMinute === undefined) return [];
  const { perMinute, etaMs, slots } = progress;
  const rate = perMinute < 10 ? perMinute.toFixed(1) : Math.round(perMinute);
  const left =
    etaMs === undefined ? "" : `; the rest takes about ${durationText(etaMs)}`;
  return [`${rate} hosts a minute, ${slots} slots${left}`];
}

/** What the server knows when no worker answers for the run. */
function silentWords({ silence = "", published }: Observation): string[] {
  const { phase, waiting } = published;
  const waits = waiting === undefined || waiting === "none" ? "" : waiting;
  return [
    ...(phase === undefined ? [] : [`Step (as last published): ${phase}`]),
    ...(waits === "" ? [] : [`Waits for a decision: ${waits}`]),
    `No answer from the run: ${silence}. It goes on when a worker is there: runbook worker`,
  ];
}

export function endWords(
  { workflowId }: Pick<Observation, "workflowId">,
  { outcome, counts, failure }: RunEnd,
): string[] {
  const told = Object.entries(counts ?? {})
    .filter(([, count]) => count > 0)
    .map(([word, count]) => `${count} ${word}`)
    .join(", ");
  return [
    `Ended: ${outcome}${told === "" ? "" : `: ${told}`}`,
    ...(failure === undefined
      ? [`Report: runbook report ${workflowId}`]
      : failure.message.split("\n")),
  ];
}

function failureWords({ failures }: Live): string[] {
  if (failures.length === 0) return [];
  const shown = failures.slice(-LISTED_FAILURES);
  const rest = failures.length - shown.length;
  return [
    "",
    "Failed:",
    ...shown.map((failure) => `  ${failureText(failure)}`),
    ...(rest === 0 ? [] : [`  and ${rest} before these`]),
  ];
}

/** Like failures in one line, with the line to paste that decides about all of them. */
function causeWords(
  workflowId: string,
  causes: readonly Cause[],
  gates: readonly OpenGate[],
): string[] {
  if (causes.length === 0) return [];
  const rest = causes.length - LISTED_FAILURES;
  return [
    "",
    "Failed:",
    ...causes
      .slice(0, LISTED_FAILURES)
      .flatMap((cause) => [
        `  ${causeText(cause)}`,
        ...gates
          .filter(({ causes: asked = [] }) => asked.includes(cause.id))
          .map(
            (gate) => `    ${decideCauseCommand(workflowId, gate, cause.id)}`,
          ),
      ]),
    ...(rest > 0 ? [`  and ${rest} more causes`] : []),
  ];
}

export function causeText({ hosts, count, step, text, type }: Cause): string {
  const [first = ""] = text.split("\n");
  const named = hosts.slice(0, LISTED_FAILURES);
  const more = count - named.length;
  const who = `${named.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
  return `${who} at ${step}: ${first.slice(0, SHOWN_MESSAGE)} (${type})`;
}

function decideCauseCommand(
  workflowId: string,
  { id, nonce, choices }: OpenGate,
  cause: string,
): string {
  return `runbook decide ${workflowId} ${id} ${word(choices[0] ?? "retry")} --cause ${cause} --nonce ${nonce} --by "$USER"`;
}

function retryWords({ retrying }: Observation): string[] {
  const shown = retrying.slice(0, LISTED_FAILURES);
  const lines = shown.map((call) => `  ${retryText(call)}`);
  return lines.length === 0 ? [] : ["", "Tried again:", ...lines];
}

export function retryText({ activity, attempt, message }: Retrying): string {
  const [first = ""] = message.split("\n");
  return `${activity}, attempt ${attempt}: ${first.slice(0, SHOWN_MESSAGE)}`;
}

export function failureText(failure: Live["failures"][number]): string {
  const { host, step, type, message } = failure;
  const [first = ""] = message.split("\n");
  return `${host} at ${step}: ${first.slice(0, SHOWN_MESSAGE)} (${type})`;
}

function gateWords(workflowId: string, { gates }: Live): string[] {
  return gates.flatMap((gate) => ["", ...questionWords(workflowId, gate)]);
}

/** The question, and a line to paste for each answer. */
export function questionWords(workflowId: string, gate: OpenGate): string[] {
  const expires = new Date(gate.expiresAt).toISOString();
  return [
    `Waits for a decision: ${gate.title}`,
    `  by ${expires.replace(/\.\d+Z$/, "Z")}, then ${atExpiry(gate.once)}; plan ${gate.digest.slice(0, 12)}`,
    `  ${approversInWords(gate)}`,
    ...votesInWords(gate).map((words) => `  - ${words}`),
    ...gate.choices.map(
      (choice) => `  ${decideCommand(workflowId, gate, choice)}`,
    ),
  ];
}

/**
 * With the nonce, and with the hosts while they are few, so that the answer counts for this question as it was shown and for
 * nothing that is asked or fails later.
 */
export function decideCommand(
  workflowId: string,
  {
    id,
    nonce,
    hosts = [],
    explain = [],
    policy,
  }: Pick<OpenGate, "id" | "nonce" | "hosts" | "explain" | "policy">,
  choice: string,
): string {
  const named =
    hosts.length > 0 && hosts.length <= HOSTS_TO_PASTE
      ? ` --hosts ${hosts.join(",")}`
      : "";
  const isAsked = policy !== undefined && needsComment(policy, choice);
  const isExplained = isAsked || explain.includes(choice);
  const comment = choice === "mark done" ? "evidence" : "why";
  const evidence = isExplained ? ` --comment "${comment}"` : "";
  const signal = policy?.level === "server" ? " --signal" : "";
  return `runbook decide ${workflowId} ${id} ${word(choice)} --nonce ${nonce}${named}${evidence} --by "$USER"${signal}`;
}

/** A choice of several words is one word of a shell. */
const word = (choice: string): string =>
  /^[\w-]+$/.test(choice) ? choice : `'${choice}'`;

/** One line for a log: where the run is in numbers. */
export function progressLine(live: Live): string {
  return `${countsText(countsOf(live))}; ${failedCount(live)} failed of ${live.allowedFailures} allowed`;
}
