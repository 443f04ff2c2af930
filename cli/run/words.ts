import type { OpenGate } from "../../workflows/gate/gate";
import { grid, type GridSize } from "../grid";
import { countStandings } from "../host-standing";
import { durationText } from "../output";
import { countsText, progressBar } from "../progress-bar";
import type { Live, Observation, Retrying, RunEnd } from "./observation";

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
    ...failureWords(live),
    ...retries,
    ...gateWords(seen.workflowId, live),
    ...tail,
  ];
  const rows = size.rows - head.length - rest.length - 4;
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
  const counts = countStandings(live.hosts);
  const holding = live.isHolding ? " (holding: over budget)" : "";
  const budget = `${live.failures.length} failed, ${live.allowedFailures} allowed`;
  return [
    `Step ${live.step}${holding}`,
    ...(live.hosts.length === 0
      ? []
      : ["", `${progressBar(counts)}, ${budget}`, ...grid(live.hosts, size)]),
  ];
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
    `  by ${expires.replace(/\.\d+Z$/, "Z")}, then it is asked anew; plan ${gate.digest.slice(0, 12)}`,
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
  { id, nonce, hosts = [] }: Pick<OpenGate, "id" | "nonce" | "hosts">,
  choice: string,
): string {
  const named =
    hosts.length > 0 && hosts.length <= HOSTS_TO_PASTE
      ? ` --hosts ${hosts.join(",")}`
      : "";
  return `runbook decide ${workflowId} ${id} ${choice} --nonce ${nonce}${named} --by "$USER"`;
}

/** One line for a log: where the run is in numbers. */
export function progressLine({
  hosts,
  failures,
  allowedFailures,
}: Live): string {
  return `${countsText(countStandings(hosts))}; ${failures.length} failed of ${allowedFailures} allowed`;
}
