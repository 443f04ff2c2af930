import {
  ActivityCancellationType,
  isCancellation,
  proxyActivities,
  setCurrentDetails,
  workflowInfo,
} from "@temporalio/workflow";
import type { ArtifactRef } from "../../activities/artifacts/port";
import type {
  Findings,
  HostsOrder,
  ServersOrder,
  SweepActivities,
} from "../../activities/sweep/port";
import { failureOf, refuseInput } from "../../workflows/failure-of";
import { retryClasses } from "../../workflows/retry-classes";
import { partsOfRunId } from "../../workflows/run-id";
import { scheduleOf } from "../../workflows/schedule-of";
import { StandingBoard } from "../../workflows/status/search-attributes";
import { siteQueue } from "../../workflows/task-queues";
import { isTemplate } from "../../workflows/template";
import type { SweepRunActivities } from "./activities";
import type { PreparedSweep, SweepInput, SweepResult } from "./contract";
import { runbookName } from "./ids";
import type { SweepPage } from "./plan";
import { templateText } from "./template";

const own = proxyActivities<SweepRunActivities>(retryClasses.reads);
const keepers = proxyActivities<SweepActivities>({
  ...retryClasses.writes,
  startToCloseTimeout: "10 minutes",
  summary: "locks and freezes",
});

const dayMs = 86_400_000;

/** Shows what runs that are over have left behind, and frees it when told to; the steps are those of this folder's README. */
export async function sweep(input?: SweepInput): Promise<SweepResult> {
  if (isTemplate(runbookName)) {
    setCurrentDetails(templateText);
    return { outcome: "template", counts: {}, text: templateText };
  }
  const board = new StandingBoard();
  show(board, "planning");
  const prepared = await prepare(input);
  setCurrentDetails(prepared.summary);
  show(board, "sweeping");
  const locks = await keepers.sweepKeepers(orderOf(prepared));
  const hosts = await sweepPages(prepared);
  const servers = await sweepServers(prepared);
  const { details, ...result } = await own.reportSweep({
    ...{ folder: folder(), prepared },
    findings: [locks, ...hosts.failed, ...servers.failed],
    pages: [...hosts.pages, ...servers.pages],
  });
  setCurrentDetails(`${prepared.summary}\n\n${details}`);
  show(board, "ended");
  return result;
}

async function prepare(input: unknown): Promise<PreparedSweep> {
  const { workflowId } = workflowInfo();
  const scheduledBy = scheduleOf();
  try {
    return await own.prepareSweep({
      ...{ input, workflowId, folder: folder() },
      ...(scheduledBy === undefined ? {} : { scheduledBy }),
    });
  } catch (error) {
    return refuseInput(error);
  }
}

interface Swept {
  readonly pages: readonly ArtifactRef[];
  /** Of pages that no worker could look at. */
  readonly failed: readonly Findings[];
}

/** Sites side by side, the pages of each in turn: never more hosts at once than were asked for. */
async function sweepPages(prepared: PreparedSweep): Promise<Swept> {
  const sites = new Map<string | undefined, SweepPage[]>();
  for (const page of prepared.pages)
    sites.set(page.site, [...(sites.get(page.site) ?? []), page]);
  const swept = await Promise.all(
    [...sites.values()].map(async (pages) => {
      const found: (ArtifactRef | Findings)[] = [];
      for (const page of pages) found.push(await sweepPage(prepared, page));
      return found;
    }),
  );
  const isFailed = (one: ArtifactRef | Findings): one is Findings =>
    "silent" in one;
  return {
    pages: swept.flat().filter((one) => "key" in one),
    failed: swept.flat().filter(isFailed),
  };
}

/** A site after the other: what streams from a slot is asked of all servers of a site at once. */
async function sweepServers(prepared: PreparedSweep): Promise<Swept> {
  const pages: ArtifactRef[] = [];
  const failed: Findings[] = [];
  const { postgres } = prepared;
  if (postgres === undefined) return { pages, failed };
  for (const at of postgres.sites) {
    const site = at ?? undefined;
    const order = serversOrderOf(prepared, postgres.servers, site);
    const found = await asked(prepared, site, "PostgreSQL servers", (sweeps) =>
      sweeps.sweepServers(order),
    );
    if ("key" in found) pages.push(found);
    else failed.push(found);
  }
  return { pages, failed };
}

const sweepPage = (
  prepared: PreparedSweep,
  page: SweepPage,
): Promise<ArtifactRef | Findings> =>
  asked(prepared, page.site, `${page.to - page.from} hosts`, (sweeps) =>
    sweeps.sweepHosts(hostsOrderOf(prepared, page)),
  );

async function asked(
  prepared: PreparedSweep,
  site: string | undefined,
  what: string,
  ask: (sweeps: SweepActivities) => Promise<ArtifactRef>,
): Promise<ArtifactRef | Findings> {
  const { target } = prepared.settings;
  const sweeps = proxyActivities<SweepActivities>({
    ...retryClasses.writes,
    startToCloseTimeout: "2 hours",
    // A site whose workers are away must not hold up the others.
    ...(site === undefined ? {} : { scheduleToStartTimeout: "10 minutes" }),
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    taskQueue: siteQueue(workflowInfo().taskQueue, site),
    summary: `${what}${site === undefined ? "" : ` at ${site}`}`,
  });
  try {
    return await ask(sweeps);
  } catch (error) {
    if (isCancellation(error)) throw error;
    const where = `${target}${site === undefined ? "" : `, site ${site}`}, ${what}`;
    const [seen = ""] = failureOf(error).message.split("\n");
    const folders = { kept: 0, removed: 0 };
    return { leftovers: [], silent: [{ where, seen }], folders };
  }
}

function orderOf({ settings: { target, mode } }: PreparedSweep) {
  const { workflowId, firstExecutionRunId: rootRunId } = workflowInfo();
  return { target, mode, run: { workflowId, rootRunId } };
}

function serversOrderOf(
  prepared: PreparedSweep,
  servers: ArtifactRef,
  site: string | undefined,
): ServersOrder {
  const { olderThanD, hostS } = prepared.settings;
  return {
    ...orderOf(prepared),
    ...(site === undefined ? {} : { site }),
    servers,
    hostMs: hostS * 1_000,
    ...(olderThanD === undefined ? {} : { olderThanMs: olderThanD * dayMs }),
    key: `${folder()}/servers${site === undefined ? "" : `-${site}`}-found.json`,
  };
}

function hostsOrderOf(
  prepared: PreparedSweep,
  { from, to }: SweepPage,
): HostsOrder {
  const { stopJobs, olderThanD, atOnce, hostS } = prepared.settings;
  return {
    ...orderOf(prepared),
    ...{ hosts: prepared.hosts, from, to, stopJobs, atOnce },
    hostMs: hostS * 1_000,
    ...(olderThanD === undefined ? {} : { olderThanMs: olderThanD * dayMs }),
    key: `${folder()}/hosts-${from}.json`,
  };
}

function show(
  board: StandingBoard,
  phase: "planning" | "sweeping" | "ended",
): void {
  const { target, change } = partsOfRunId(workflowInfo().workflowId);
  const percent = phase === "ended" ? 100 : 0;
  board.publish(
    {
      ...{ name: runbookName, target, change, phase, percent },
      ...{ waiting: "none", blocked: false },
    },
    phase === "ended",
  );
}

function folder(): string {
  const { workflowId, firstExecutionRunId } = workflowInfo();
  return `runs/${workflowId}/${firstExecutionRunId}`;
}
