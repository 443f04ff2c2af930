/** The report of a procedure. Pure; Markdown and CSV are other forms of the same. */

import { csvCell } from "../../activities/csv";
import { durationInWords } from "../duration-words";
import {
  type Said,
  saidIn,
  saidSections,
  section,
  time,
  type TimelineEntry,
} from "../gate/said";
import { oneLine } from "../one-line";
import type { ProcedureEntry } from "./ledger";
import type { StepRow } from "./progress";
import type { Milestone } from "./spec";
import { slipInWords } from "./words";

/** What a runbook has to say of its own. */
export interface ReportSection {
  readonly title: string;
  /** Markdown. */
  readonly lines: readonly string[];
}

/** What the workflow knows at the end; all else is in the ledger. Instants in milliseconds of the epoch. */
export interface ReportFacts {
  readonly summary: string;
  readonly workflowId: string;
  readonly runId: string;
  readonly digest: string;
  readonly outcome: string;
  readonly startedAt: number;
  readonly finishedAt: number;
  readonly steps: readonly StepRow[];
  readonly sections: readonly ReportSection[];
}

export interface ProcedureReport extends ReportFacts, Said {
  readonly milestones: readonly Milestone[];
  readonly timeline: readonly TimelineEntry[];
}

export function reportOf(
  facts: ReportFacts,
  entries: readonly ProcedureEntry[],
): ProcedureReport {
  return {
    ...facts,
    milestones: entries.flatMap((entry) =>
      entry.kind === "milestone" ? [entry.milestone] : [],
    ),
    timeline: entries.flatMap((entry) => {
      if (entry.kind === "event") return [{ at: entry.at, text: entry.text }];
      if (entry.kind !== "milestone") return [];
      const { milestone } = entry;
      return [{ at: milestone.at, text: milestoneInWords(milestone) }];
    }),
    ...saidIn(entries),
  };
}

/** One line of a timeline; announcements say more. */
function milestoneInWords(milestone: Milestone): string {
  switch (milestone.kind) {
    case "started":
      return `started: ${milestone.summary}`;
    case "step started":
      return milestone.attempt === 1
        ? `${milestone.title}: started`
        : `${milestone.title}: started, attempt ${milestone.attempt}`;
    case "step done":
      return `${milestone.title}: done after ${durationInWords(milestone.tookMs)}`;
    case "slip":
      return `${milestone.title}: ${slipInWords(milestone)}`;
    case "parked":
      return `${milestone.title}: failed, gate ${milestone.gate} asks: ${milestone.message}`;
    case "ended":
      return `ended: ${milestone.outcome}`;
  }
}

export function reportMarkdown(report: ProcedureReport): string {
  const { startedAt, finishedAt } = report;
  return [
    `# ${report.summary}`,
    "",
    `**${report.outcome}** after ${durationInWords(finishedAt - startedAt)}`,
    "",
    `- Run: \`${report.workflowId}\` (\`${report.runId}\`)`,
    `- Plan digest: \`${report.digest}\``,
    `- From ${time(startedAt)} to ${time(finishedAt)}`,
    ...section("Steps", [
      "| Step | Standing | Attempts | Worked | Remarks |",
      "|---|---|---|---|---|",
      ...report.steps.map(stepRow),
    ]),
    ...report.sections.flatMap(({ title, lines }) => section(title, lines)),
    ...saidSections(report),
    "",
  ].join("\n");
}

/** For spreadsheets: RFC 4180. */
export function reportCsv({ steps }: ProcedureReport): string {
  const header = [
    "step",
    "title",
    "standing",
    "attempts",
    "seconds",
    "remarks",
  ];
  const rows = steps.map((row) => [
    ...[row.id, row.title, row.standing, String(row.attempt ?? "")],
    ...[row.workedMs === undefined ? "" : (row.workedMs / 1_000).toFixed(1)],
    remarks(row),
  ]);
  return [header, ...rows]
    .map((row) => `${row.map(csvCell).join(",")}\r\n`)
    .join("");
}

function stepRow(row: StepRow): string {
  const { title, standing, attempt = "", workedMs } = row;
  const worked = workedMs === undefined ? "" : durationInWords(workedMs);
  const said = remarks(row).replace(/[\\|]/g, "\\$&").replaceAll("<", "&lt;");
  return `| ${title} | ${standing} | ${attempt} | ${worked} | ${said} |`;
}

function remarks({ failure, by, comment }: StepRow): string {
  return [
    ...(failure === undefined ? [] : [oneLine(failure.message, 400)]),
    ...(by === undefined ? [] : [`by ${oneLine(by)}`]),
    ...(comment === undefined ? [] : [oneLine(comment, 1_024)]),
  ].join("; ");
}
