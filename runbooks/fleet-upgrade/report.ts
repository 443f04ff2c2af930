import type { Decision, RefusedAnswer } from "../../workflows/gate/gate";
import type { FleetUpgradeResult, HostOutcome, HostReport } from "./contract";
import { countOutcomes } from "./words";

/** What the workflow knows at the end; the report says nothing else. */
export interface ReportFacts {
  readonly summary: string;
  readonly workflowId: string;
  readonly runId: string;
  readonly digest: string;
  readonly outcome: FleetUpgradeResult["outcome"];
  readonly startedAt: number;
  readonly finishedAt: number;
  readonly hosts: readonly HostReport[];
  readonly decisions: readonly Decision[];
  readonly refused: readonly RefusedAnswer[];
}

const outcomes: readonly HostOutcome[] = [
  "upgraded",
  "unchanged",
  "failed",
  "gone",
  "not attempted",
];

export function countsInWords(
  counts: Readonly<Record<HostOutcome, number>>,
): string {
  return (
    outcomes
      .filter((outcome) => counts[outcome] > 0)
      .map((outcome) => `${counts[outcome]} ${outcome}`)
      .join(", ") || "no hosts"
  );
}

/** The report for people. Every host of the plan stands in it, whatever became of it. */
export function reportMarkdown(facts: ReportFacts): string {
  const time = (at: number): string => new Date(at).toISOString();
  return [
    `# ${facts.summary}`,
    "",
    `**${facts.outcome}**: ${countsInWords(countOutcomes(facts.hosts))}`,
    "",
    `- Run: \`${facts.workflowId}\` (\`${facts.runId}\`)`,
    `- Plan digest: \`${facts.digest}\``,
    `- From ${time(facts.startedAt)} to ${time(facts.finishedAt)}`,
    "",
    "## Decisions",
    "",
    ...listOr(
      "No question was answered.",
      facts.decisions.map(
        ({ at, gate, choice, by, channel, comment, hosts }) =>
          `- ${time(at)} gate ${gate}: **${choice}**${hosts === undefined ? "" : ` for ${hosts.join(", ")}`} by ${by} (a name claimed by ${channel}, not proven)${comment === undefined ? "" : `: ${comment}`}`,
      ),
    ),
    ...(facts.refused.length === 0
      ? []
      : [
          "",
          "Refused answers:",
          "",
          ...facts.refused.map(
            ({ at, by, channel, reason }) =>
              `- ${time(at)} ${channel} by ${by}: ${reason}`,
          ),
        ]),
    "",
    "## Hosts",
    "",
    "| Host | Pool | Outcome | Version | Seconds | Failure |",
    "|---|---|---|---|---|---|",
    ...facts.hosts.map(hostRow),
    "",
  ].join("\n");
}

function hostRow({
  id,
  pool,
  outcome,
  version,
  ms,
  failure,
}: HostReport): string {
  const seconds = ms === undefined ? "" : (ms / 1_000).toFixed(1);
  const why =
    failure === undefined
      ? ""
      : `${failure.step}: ${cell(failure.message)} (${failure.type})`;
  return `| ${id} | ${pool} | ${outcome} | ${version ?? ""} | ${seconds} | ${why} |`;
}

const cell = (text: string): string =>
  text.replaceAll("|", "\\|").replaceAll("\n", "<br>");

const listOr = (
  otherwise: string,
  lines: readonly string[],
): readonly string[] => (lines.length > 0 ? lines : [otherwise]);
