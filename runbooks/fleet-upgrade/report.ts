import { csvCell } from "../../activities/csv";
import {
  type Said,
  saidIn,
  saidSections,
  section,
  time,
  type TimelineEntry,
} from "../../workflows/gate/said";
import { parkedInWords } from "../../workflows/rollout/parked";
import type { LedgerEntry } from "../../workflows/rollout/ledger";
import type {
  FleetPlan,
  FleetUpgradeResult,
  HostOutcome,
  HostReport,
} from "./contract";
import { cell, oneLine } from "./markdown";
import { countOutcomes, countsInWords, outcomesOf } from "./state";

/** What the workflow knows at the end; all else is in the plan and the ledger. */
export interface ReportFacts {
  readonly summary: string;
  readonly workflowId: string;
  readonly runId: string;
  readonly digest: string;
  readonly outcome: FleetUpgradeResult["outcome"];
  readonly startedAt: number;
  readonly finishedAt: number;
  /** The outcome of each row of the plan, a letter each. */
  readonly outcomes: string;
}

export interface Durations {
  readonly p50Ms: number;
  readonly p95Ms: number;
}

export interface CauseReport {
  readonly cause: string;
  readonly hosts: readonly string[];
}

/** The report; Markdown and CSV are other forms of the same. */
export interface Report extends Omit<ReportFacts, "outcomes">, Said {
  readonly counts: Readonly<Record<HostOutcome, number>>;
  /** Of the hosts that were upgraded; absent when none was. */
  readonly durations?: Durations;
  readonly causes: readonly CauseReport[];
  readonly timeline: readonly TimelineEntry[];
  readonly hosts: readonly HostReport[];
}

/** Every host of the plan, whatever became of it: its outcome from the end of the run, the rest from its latest entries. */
export function reportOf(
  { outcomes: letters, ...facts }: ReportFacts,
  plan: Pick<FleetPlan, "hosts">,
  entries: readonly LedgerEntry[],
): Report {
  const outcomes = outcomesOf(letters);
  const known = latestByRow(entries);
  const hosts = plan.hosts.map(({ id, pool }, row) =>
    hostReport({ id, pool }, outcomes[row] ?? "not attempted", known.get(row)),
  );
  const durations = durationsOf(hosts);
  return {
    ...facts,
    counts: countOutcomes(hosts.map(({ outcome }) => outcome)),
    ...(durations === undefined ? {} : { durations }),
    causes: causesOf(hosts),
    timeline: entries.flatMap((entry) =>
      entry.kind === "event" ? [{ at: entry.at, text: entry.text }] : [],
    ),
    ...saidIn(entries),
    hosts,
  };
}

type HostEntry = Extract<LedgerEntry, { kind: "host" }>;

/** What was said last of each fact: a host that failed, was mended and marked done has all three in its line. */
function latestByRow(entries: readonly LedgerEntry[]): Map<number, HostEntry> {
  const known = new Map<number, HostEntry>();
  for (const entry of entries) {
    if (entry.kind !== "host") continue;
    known.set(entry.row, { ...known.get(entry.row), ...entry });
  }
  return known;
}

function hostReport(
  host: Pick<HostReport, "id" | "pool">,
  outcome: HostOutcome,
  entry: HostEntry | undefined,
): HostReport {
  const isBad = outcome === "failed" || outcome === "quarantined";
  const { ms, version, previous, failure, evidence, parked } = entry ?? {};
  // Who was put back or left out since has a remark of its own.
  const isOut = entry?.outcome === "parked";
  return {
    ...host,
    outcome,
    ...(ms === undefined ? {} : { ms }),
    ...(version === undefined ? {} : { version }),
    ...(previous === undefined ? {} : { previous }),
    ...(evidence === undefined ? {} : { evidence }),
    // A failure that was mended is history, and stands in the decisions.
    ...(failure !== undefined && isBad ? { failure } : {}),
    ...(parked !== undefined && outcome === "parked"
      ? { parked: { ...parked, drained: parked.drained && isOut } }
      : {}),
    ...(entry?.outcome === "left out" ? { leftOut: true } : {}),
  };
}

/** Nearest rank (https://en.wikipedia.org/wiki/Percentile#The_nearest-rank_method). */
function durationsOf(hosts: readonly HostReport[]): Durations | undefined {
  const times = hosts
    .flatMap(({ outcome, ms }) =>
      outcome === "upgraded" && ms !== undefined ? [ms] : [],
    )
    .sort((a, b) => a - b);
  const rank = (share: number): number =>
    times[Math.max(0, Math.ceil(share * times.length) - 1)] ?? 0;
  return times.length === 0
    ? undefined
    : { p50Ms: rank(0.5), p95Ms: rank(0.95) };
}

function causesOf(hosts: readonly HostReport[]): CauseReport[] {
  const causes = new Map<string, string[]>();
  for (const { id, failure } of hosts) {
    if (failure === undefined) continue;
    const [line = ""] = failure.message.split("\n");
    const words = line.replaceAll(id, "{host}");
    const cause = `${failure.step}: ${words} (${failure.type})`;
    causes.set(cause, [...(causes.get(cause) ?? []), id]);
  }
  return [...causes]
    .map(([cause, ids]) => ({ cause, hosts: ids }))
    .sort((a, b) => b.hosts.length - a.hosts.length);
}

/** The report for people. */
export function reportMarkdown(report: Report): string {
  const { durations, causes } = report;
  return [
    `# ${report.summary}`,
    "",
    `**${report.outcome}**: ${countsInWords(report.counts)}`,
    "",
    `- Run: \`${report.workflowId}\` (\`${report.runId}\`)`,
    `- Plan digest: \`${report.digest}\``,
    `- From ${time(report.startedAt)} to ${time(report.finishedAt)}`,
    ...(durations === undefined
      ? []
      : [
          `- An upgraded host took ${seconds(durations.p50Ms)} s (p50), ${seconds(durations.p95Ms)} s (p95)`,
        ]),
    ...section(
      "What failed",
      causes.map(
        ({ cause, hosts }) =>
          `- ${hosts.length} x ${oneLine(cause, 400)}: ${hosts.join(", ")}`,
      ),
    ),
    ...saidSections(report),
    "",
    "## Hosts",
    "",
    "| Host | Pool | Outcome | Version | Before | Seconds | Remarks |",
    "|---|---|---|---|---|---|---|",
    ...report.hosts.map(hostRow),
    "",
  ].join("\n");
}

/** For spreadsheets: RFC 4180. */
export function reportCsv({ hosts }: Report): string {
  const header = [
    ...["host", "pool", "outcome", "version", "previous", "seconds"],
    ...["failed step", "failure", "message", "evidence"],
  ];
  const rows = hosts.map((host) => [
    host.id,
    host.pool,
    host.outcome,
    host.version ?? "",
    host.previous ?? "",
    host.ms === undefined ? "" : seconds(host.ms),
    host.failure?.step ?? "",
    host.failure?.type ?? "",
    host.failure?.message ?? "",
    host.evidence ?? "",
  ]);
  return [header, ...rows]
    .map((row) => `${row.map(csvCell).join(",")}\r\n`)
    .join("");
}

function hostRow(host: HostReport): string {
  const { id, pool, outcome, version = "", previous = "", ms } = host;
  const took = ms === undefined ? "" : seconds(ms);
  return `| ${id} | ${pool} | ${outcome} | ${cell(version)} | ${cell(previous)} | ${took} | ${cell(remarks(host))} |`;
}

function remarks({ failure, evidence, parked, leftOut }: HostReport): string {
  return [
    ...(failure === undefined
      ? []
      : [`${failure.step}: ${failure.message} (${failure.type})`]),
    ...(evidence === undefined ? [] : [`marked done: ${evidence}`]),
    ...(parked === undefined ? [] : [parkedInWords(parked)]),
    ...(leftOut === true ? ["left drained: it is not ready"] : []),
  ].join("\n");
}

const seconds = (ms: number): string => (ms / 1_000).toFixed(1);
