/** What people said to a run, and about what: collected from its ledger, and in the Markdown of its report. Pure. */

import { oneLine } from "../one-line";
import { type Override, overrideInWords } from "../window/override";
import type { Answer, Decision, RefusedAnswer, Vote } from "./gate";

/** Entries that the ledger of every run has. Instants in milliseconds of the epoch. */
export type SaidEntry =
  | { readonly kind: "event"; readonly at: number; readonly text: string }
  | { readonly kind: "override"; readonly override: Override }
  | { readonly kind: "vote"; readonly vote: Vote }
  | { readonly kind: "decision"; readonly decision: Decision }
  | { readonly kind: "refused"; readonly refused: RefusedAnswer };

export interface Said {
  readonly overrides: readonly Override[];
  readonly decisions: readonly Decision[];
  readonly votes: readonly Vote[];
  readonly refused: readonly RefusedAnswer[];
}

export interface TimelineEntry {
  readonly at: number;
  readonly text: string;
}

/** @param entries with those of the runbook itself, which are left out */
export function saidIn(
  entries: readonly (SaidEntry | { readonly kind: "host" | "milestone" })[],
): Said {
  return {
    overrides: entries.flatMap((entry) =>
      entry.kind === "override" ? [entry.override] : [],
    ),
    decisions: entries.flatMap((entry) =>
      entry.kind === "decision" ? [entry.decision] : [],
    ),
    votes: entries.flatMap((entry) =>
      entry.kind === "vote" ? [entry.vote] : [],
    ),
    refused: entries.flatMap((entry) =>
      entry.kind === "refused" ? [entry.refused] : [],
    ),
  };
}

/** Sections of a report; only the decisions are there when there are none. */
export function saidSections({
  overrides,
  decisions,
  votes,
  refused,
  timeline,
}: Said & { readonly timeline: readonly TimelineEntry[] }): string[] {
  return [
    ...section(
      "Overrides of the window",
      overrides.map((one) => `- ${time(one.at)} ${overrideInWords(one)}`),
    ),
    ...section(
      "Decisions",
      decisions.length === 0
        ? ["No question was answered."]
        : decisions.map(decisionLine),
    ),
    ...section("Votes", votes.map(voteLine)),
    ...section("Refused answers", refused.map(refusedLine)),
    ...section(
      "Timeline",
      timeline.map(({ at, text }) => `- ${time(at)} ${oneLine(text, 400)}`),
    ),
  ];
}

/** Nothing where it has no lines. */
export const section = (title: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : ["", `## ${title}`, "", ...lines];

function decisionLine(decision: Decision): string {
  const { at, gate, choice, by, channel, votes } = decision;
  const who =
    votes === undefined
      ? `${oneLine(by)} (a name claimed by ${channel}, not proven)`
      : votes
          .map(({ person, how }) => `${person} (${oneLine(how)})`)
          .join(", ");
  return `- ${time(at)} gate ${gate}: **${choice}**${scope(decision)} by ${who}${said(decision)}`;
}

function voteLine(vote: Vote): string {
  const { at, gate, choice, person, by, level, how } = vote;
  const as = by === person ? "" : ` as ${oneLine(by)}`;
  return `- ${time(at)} gate ${gate}: ${choice}${scope(vote)} by ${person}${as}, level ${level} (${oneLine(how)})${said(vote)}`;
}

function scope({ hosts, cause }: Answer): string {
  if (hosts !== undefined) return ` for ${hosts.join(", ")}`;
  return cause === undefined ? "" : ` for cause ${oneLine(cause)}`;
}

const said = ({ comment }: Answer): string =>
  comment === undefined ? "" : `: ${oneLine(comment, 1_024)}`;

function refusedLine(refused: RefusedAnswer): string {
  const { at, by, channel, reason, gate, person, level } = refused;
  const where = gate === undefined ? "" : ` at gate ${oneLine(gate)}`;
  const who =
    level === undefined
      ? ""
      : ` (${person ?? "nobody of the roster"}, level ${level})`;
  return `- ${time(at)} ${oneLine(channel)}${where} by ${oneLine(by)}${who}: ${oneLine(reason)}`;
}

export const time = (at: number): string => new Date(at).toISOString();
