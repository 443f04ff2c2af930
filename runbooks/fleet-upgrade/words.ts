import { gateDetails, refusedDetails } from "../../workflows/gate/details";
import type { OpenGate, RefusedAnswer } from "../../workflows/gate/gate";
import { holdsInWords } from "../../workflows/rollout/hold-words";
import type { Item } from "../../workflows/rollout/state";
import type { Cause, RolloutProgress } from "../../workflows/rollout/words";
import { overrideInWords } from "../../workflows/window/override";
import { outlookInWords } from "../../workflows/window/outlook";
import type { PlanStage } from "./contract";
import { inHosts, oneLine, shortenTo } from "./markdown";
import { countOutcomes, countsInWords, outcomeOf } from "./state";

/** Everything a run says to a person while it goes on, as pure functions. */

const listedCauses = 8;
/** The UI's preview carries the details in a URL. */
const mostDetailBytes = 4_000;

export interface RunFacts {
  readonly summary: string;
  readonly progress: RolloutProgress;
  readonly gates: readonly OpenGate[];
  readonly refused: readonly RefusedAnswer[];
  readonly planText: string;
}

/** What the run says about itself in the UI: counts, causes, what it waits for, and the JSON to paste. Under 4 KB. */
export function runDetails(facts: RunFacts): string {
  const { progress, gates } = facts;
  const refused = refusedDetails(facts.refused);
  const text = [
    `**${facts.summary}**`,
    "",
    `Step: ${progress.step}${coursesInWords[progress.course]}`,
    ...holdsInWords(progress).map((words) => `\n**${words}**`),
    ...resumeWords(progress),
    ...(progress.override === undefined
      ? []
      : [`\n**In work by ${overrideInWords(progress.override)}**`]),
    "",
    countsLine(progress),
    ...(progress.outlook === undefined
      ? []
      : ["", `Window: ${outlookInWords(progress.outlook)}`]),
    ...section("Waits for", gates.flatMap(gateDetails)),
    ...section("Failed", causesInWords(progress.causes)),
    ...section("Refused answers", refused),
    "",
    facts.planText,
  ].join("\n");
  return shortenTo(mostDetailBytes, text);
}

const coursesInWords: Readonly<Record<RolloutProgress["course"], string>> = {
  rolling: "",
  draining: " (nothing new starts)",
  "rolling back": " (going back)",
};

/** What a person at the UI sends to end it. */
const resumeWords = (progress: RolloutProgress): string[] =>
  progress.halts.some(({ kind }) => kind === "paused")
    ? ['To go on, send `resume` {"by":"your name"}.']
    : [];

/** In one line: the UI draws a table without any space between its cells. */
function countsLine(progress: RolloutProgress): string {
  const { counts, failures, allowedFailures, perMinute } = progress;
  const occurring = Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([standing, count]) => `**${count}** ${standing}`);
  const rate = perMinute === undefined ? "" : `; ${perMinute} hosts a minute`;
  return `${occurring.join(", ")}; ${failures} of ${allowedFailures} failures allowed${rate}`;
}

/** Like causes together, most hosts first, each with the id that a decision can name. */
function causesInWords(causes: readonly Cause[]): string[] {
  const lines = causes
    .slice(0, listedCauses)
    .map(
      ({ id, step, type, text, count, hosts }) =>
        `- \`${id}\` ${inHosts(count)} (${shorten(hosts, count)}): ${step}: ${oneLine(text)} (${type})`,
    );
  const more = causes.length - listedCauses;
  return more > 0
    ? [...lines, `- and ${more} more causes; see \`runbook status\``]
    : lines;
}

/** What became of a stage, and what is asked: a host that was given up is not passed over in silence. */
export function stageQuestion(
  items: readonly Item[],
  { name, end }: PlanStage,
): string {
  const done = items.slice(0, end);
  const counts = countsInWords(countOutcomes(done.map(outcomeOf)));
  const others = items.length - end;
  const what =
    name !== "canaries"
      ? `${name} is done`
      : done.length === 1
        ? "1 canary is done"
        : `${done.length} canaries are done`;
  return `${what} (${counts}): upgrade the other ${inHosts(others)}?`;
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ["", `**${title}**`, "", ...lines];
}

const shorten = (names: readonly string[], count: number): string =>
  count <= names.length
    ? names.join(", ")
    : `${names.join(", ")} and ${count - names.length} more`;
