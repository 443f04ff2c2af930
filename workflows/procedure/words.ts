/** Everything a procedure says to a person while it goes on, as pure functions. */

import { bytesInWords } from "../../activities/bytes-in-words";
import { durationInWords } from "../duration-words";
import { gateDetails, refusedDetails } from "../gate/details";
import type { OpenGate, RefusedAnswer } from "../gate/gate";
import { oneLine } from "../one-line";
import { holdsInWords as haltsInWords } from "../rollout/hold-words";
import { shortenTo } from "../shorten-to";
import { overrideInWords } from "../window/override";
import type { Hold } from "./decide";
import type {
  ProcedureProgress,
  StepRow,
  StepStanding,
  WatchRow,
} from "./progress";
import type { Slip } from "./spec";

/** The UI's preview carries the details in a URL. */
const mostDetailBytes = 4_000;

export interface DetailFacts {
  readonly summary: string;
  readonly progress: ProcedureProgress;
  readonly gates: readonly OpenGate[];
  readonly refused: readonly RefusedAnswer[];
  readonly planText: string;
}

/** Steps with their marks, what it waits for, and the JSON to paste. Under 4 KB. */
export function procedureDetails(facts: DetailFacts): string {
  const { summary, progress, gates, refused, planText } = facts;
  return shortenTo(
    mostDetailBytes,
    [
      `**${summary}**`,
      "",
      `Step: ${progress.step}; ${progress.percent} %`,
      ...headlines(progress).map((words) => `\n**${words}**`),
      ...section("Waits for", gates.flatMap(gateDetails)),
      ...section("Watched", (progress.watches ?? []).map(watchLine)),
      ...section("Steps", progress.steps.map(stepLine)),
      ...section("Refused answers", refusedDetails(refused)),
      "",
      planText,
    ].join("\n"),
  );
}

/** Where the run goes and why nothing starts, a line each; the same on every screen. */
export function headlines({
  course,
  turned,
  holds,
  notices = [],
  override,
  forwardOnly,
}: ProcedureProgress): string[] {
  const who = turned === undefined ? "" : ` by ${oneLine(turned.by, 80)}`;
  const why = turned?.reason === undefined ? "" : `: ${oneLine(turned.reason)}`;
  return [
    ...(course === "forward" ? [] : [`${courses[course]}${who}${why}`]),
    ...holds.map(holdInWords),
    ...notices.map(({ watch, text }) => `Watch ${watch}: ${oneLine(text)}`),
    ...(holds.some(({ kind }) => kind === "paused")
      ? ['To go on: `resume` {"by":"your name"}']
      : []),
    ...(override === undefined ? [] : [`By ${overrideInWords(override)}`]),
    ...(forwardOnly === undefined
      ? []
      : [`Forward only: ${oneLine(forwardOnly)}`]),
  ];
}

const courses: Readonly<
  Record<Exclude<ProcedureProgress["course"], "forward">, string>
> = {
  aborted: "Aborted",
  "rolling back": "Rolls back",
  stopped: "Stopped in an emergency",
  cancelled: "Cancelled",
};

function holdInWords(hold: Hold): string {
  if (hold.kind === "watch")
    return `Held by the watch ${hold.watch}: ${oneLine(hold.text)}`;
  return haltsInWords({ halts: [hold] }).join("; ");
}

const marks: Readonly<Record<StepStanding, string>> = {
  "to come": "·",
  "in work": "▶",
  "stopped until its window": "⏸",
  failed: "✗",
  "to retry": "↻",
  done: "✓",
  skipped: "–",
  "marked done": "✓",
  "cut short": "✗",
};

const stepLine = (row: StepRow): string => `- ${stepInWords(row)}`;

/** One step in one line, with its mark. */
export function stepInWords(row: StepRow): string {
  const { title, standing } = row;
  const said = [
    ...(standing === "to come" || standing === "in work" || standing === "done"
      ? []
      : [standing]),
    ...attemptWords(row),
    ...amountWords(row),
    ...timeWords(row),
    ...(row.line === undefined ? [] : [oneLine(row.line, 120)]),
    ...(row.slip === undefined ? [] : [slipInWords(row.slip)]),
    ...(row.failure === undefined ? [] : [sightOf(row.failure.message)]),
    ...(row.by === undefined ? [] : [`by ${oneLine(row.by, 80)}`]),
    ...(row.comment === undefined ? [] : [oneLine(row.comment, 160)]),
  ];
  const more = said.length === 0 ? "" : `: ${said.join(", ")}`;
  return `${marks[standing]} ${title}${more}`;
}

const watchLine = (row: WatchRow): string => `- ${watchStanding(row)}`;

/** What a watch has seen, and when. */
export const watchStanding = (row: WatchRow): string =>
  `${watchInWords(row)} (${time(row.at)})`;

export const watchInWords = ({ name, level, text }: WatchRow): string =>
  `${name}: ${level === "ok" ? "" : `${level}: `}${oneLine(text, 200)}`;

const attemptWords = ({ attempt = 1 }: StepRow): string[] =>
  attempt > 1 ? [`attempt ${attempt}`] : [];

function amountWords({ percent, doneBytes, totalBytes }: StepRow): string[] {
  const bytes =
    doneBytes === undefined
      ? []
      : [
          totalBytes === undefined
            ? bytesInWords(doneBytes)
            : `${bytesInWords(doneBytes)} of ${bytesInWords(totalBytes)}`,
        ];
  return [
    ...(percent === undefined ? [] : [`${Math.floor(percent)} %`]),
    ...bytes,
  ];
}

function timeWords({ standing, workedMs = 0, etaMs }: StepRow): string[] {
  if (standing === "done" || standing === "cut short")
    return [durationInWords(workedMs)];
  if (standing !== "in work") return [];
  return etaMs === undefined
    ? [`for ${durationInWords(workedMs)}`]
    : [`about ${durationInWords(etaMs)} left`];
}

/** That a step misses the end of its window. */
export function slipInWords({ now, windowEnd, goesOnAt }: Slip): string {
  const misses = `does not end within its window, which closes at ${time(windowEnd)}`;
  const then =
    goesOnAt === undefined
      ? ""
      : `, stops there and goes on at ${time(goesOnAt)}`;
  return now === undefined
    ? `${misses}${then}; nobody knows when it will`
    : `${misses}${then}; now about ${time(now)}`;
}

const sightOf = (message: string): string =>
  oneLine(message.split("\nhint:")[0] ?? "");

const section = (title: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : ["", `**${title}**`, "", ...lines];

const time = (at: number): string =>
  new Date(at).toISOString().replace(/\.\d+Z$/, "Z");
