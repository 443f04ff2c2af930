import type { Decision, RefusedAnswer } from "../../workflows/gate/gate";
import type { FleetUpgradeResult, HostReport } from "./contract";
import { cell, oneLine } from "./markdown";
import { countOutcomes, countsInWords } from "./words";

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

/** The report for people. Every host of the plan stands in it, whatever became of it. */
export function reportMarkdown(facts: ReportFacts): string {
  const { decisions, refused } = facts;
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
    ...(decisions.length === 0
      ? ["No question was answered."]
      : decisions.map(decisionLine)),
    ...(refused.length === 0
      ? []
      : ["", "Refused answers:", "", ...refused.map(refusedLine)]),
    "",
    "## Hosts",
    "",
    "| Host | Pool | Outcome | Version | Seconds | Failure |",
    "|---|---|---|---|---|---|",
    ...facts.hosts.map(hostRow),
    "",
  ].join("\n");
}

function decisionLine(decision: Decision): string {
  const { at, gate, choice, by, channel, comment, hosts } = decision;
  const about = hosts === undefined ? "" : ` for ${hosts.join(", ")}`;
  const said = comment === undefined ? "" : `: ${oneLine(comment, 1_024)}`;
  return `- ${time(at)} gate ${gate}: **${choice}**${about} by ${oneLine(by)} (a name claimed by ${channel}, not proven)${said}`;
}

function refusedLine({ at, by, channel, reason }: RefusedAnswer): string {
  return `- ${time(at)} ${oneLine(channel)} by ${oneLine(by)}: ${oneLine(reason)}`;
}

function hostRow(host: HostReport): string {
  const { id, pool, outcome, version = "", ms, failure } = host;
  const seconds = ms === undefined ? "" : (ms / 1_000).toFixed(1);
  const why =
    failure === undefined
      ? ""
      : `${failure.step}: ${cell(failure.message)} (${failure.type})`;
  return `| ${id} | ${pool} | ${outcome} | ${cell(version)} | ${seconds} | ${why} |`;
}

const time = (at: number): string => new Date(at).toISOString();
