import type {
  ArtifactRef,
  ArtifactStore,
} from "../../activities/artifacts/port";
import { beating } from "../../activities/beating";
import type { LedgerEntry } from "../../workflows/rollout/ledger";
import type { FleetPlan } from "./contract";
import {
  type Report,
  reportCsv,
  type ReportFacts,
  reportMarkdown,
  reportOf,
} from "./report";

export interface ReportRequest {
  readonly folder: string;
  readonly plan: ArtifactRef;
  readonly facts: ReportFacts;
  /** Parts of the ledger in the artifact store, and what came after them. */
  readonly parts: readonly ArtifactRef[];
  readonly entries: readonly LedgerEntry[];
}

export interface WrittenReport {
  readonly json: ArtifactRef;
  readonly markdown: ArtifactRef;
  readonly csv: ArtifactRef;
}

export interface ReportingActivities {
  /** Writes the report, and how long a host took for the next plan's forecast. @throws artifacts.* */
  reportFleetUpgrade(request: ReportRequest): Promise<WrittenReport>;
}

/** Where the next plan finds how long a host of this target took. */
export const durationsKey = ({
  target,
  component,
}: Pick<FleetPlan, "target" | "component">): string =>
  `durations/${target}/${component}.json`;

export function createReportingActivities({
  artifacts,
}: {
  readonly artifacts: ArtifactStore;
}): ReportingActivities {
  return {
    reportFleetUpgrade: (request) =>
      beating(async () => {
        const plan = JSON.parse(await artifacts.get(request.plan)) as FleetPlan;
        const entries = await allEntries(artifacts, request);
        const report = reportOf(request.facts, plan, entries);
        await keepDurations(artifacts, plan, report);
        return writeReport(artifacts, request.folder, report);
      }),
  };
}

async function allEntries(
  artifacts: ArtifactStore,
  { parts, entries }: ReportRequest,
): Promise<LedgerEntry[]> {
  const stored: LedgerEntry[] = [];
  for (const part of parts)
    stored.push(...(JSON.parse(await artifacts.get(part)) as LedgerEntry[]));
  return [...stored, ...entries];
}

async function writeReport(
  artifacts: ArtifactStore,
  folder: string,
  report: Report,
): Promise<WrittenReport> {
  const [json, markdown, csv] = await Promise.all([
    artifacts.put(
      `${folder}/report.json`,
      `${JSON.stringify(report, undefined, 2)}\n`,
    ),
    artifacts.put(`${folder}/report.md`, reportMarkdown(report)),
    artifacts.put(`${folder}/report.csv`, reportCsv(report)),
  ]);
  return { json, markdown, csv };
}

async function keepDurations(
  artifacts: ArtifactStore,
  plan: FleetPlan,
  { durations, finishedAt, workflowId }: Report,
): Promise<void> {
  if (durations === undefined) return;
  const { p50Ms, p95Ms } = durations;
  const measured = {
    hostP50Ms: p50Ms,
    hostP95Ms: p95Ms,
    at: finishedAt,
    workflowId,
  };
  await artifacts.put(durationsKey(plan), `${JSON.stringify(measured)}\n`);
}
