import { csvCell } from "../../activities/csv";
import type { SweepReport } from "./contract";
import { sweepWords } from "./words";

/** For people. What hosts wrote stands in code, so that it breaks nothing. */
export function reportMarkdown(report: SweepReport, summary: string): string {
  const lines = sweepWords(report).map((line) =>
    line.startsWith("  ") ? `- ${line.trim()}` : `\n${line}\n`,
  );
  const at = new Date(report.at).toISOString();
  return [`# Sweep of ${report.target}`, "", `${summary}; ${at}`, ...lines, ""]
    .join("\n")
    .replace(/\n{3,}/g, "\n\n");
}

const columns = [
  ...["kind", "where", "workflow", "end", "ended", "since"],
  ...["todo", "freed", "job", "note"],
];

/** A line for each leftover. */
export function reportCsv({ leftovers }: SweepReport): string {
  const time = (at: number | undefined): string =>
    at === undefined ? "" : new Date(at).toISOString();
  const rows = leftovers.map(
    ({ kind, where, whose, since, todo, isFreed, job = "", note }) => [
      ...[kind, where, whose?.workflowId ?? "", whose?.end ?? ""],
      ...[time(whose?.endedAt), time(since), todo],
      ...[isFreed === true ? "yes" : "no", job, note],
    ],
  );
  return [columns, ...rows]
    .map((row) => `${row.map(csvCell).join(",")}\r\n`)
    .join("");
}
