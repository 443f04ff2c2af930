import {
  ActivityCancellationType,
  CancellationScope,
  proxyActivities,
  workflowInfo,
} from "@temporalio/workflow";
import type { ArtifactRef } from "../../activities/artifacts/port";
import type { BuildActivities } from "../../activities/build/port";
import type {
  CalendarActivities,
  CalendarState,
} from "../../activities/calendar/port";
import type {
  FreezeActivities,
  FreezeNotice,
  Watcher,
} from "../../activities/freeze/port";
import type { HostActivities, VisitRequest } from "../../activities/host/port";
import type { LedgerActivities } from "../../activities/ledger/port";
import type { LockActivities } from "../../activities/lock/port";
import { retryClasses } from "../../workflows/retry-classes";
import type { Visiting } from "../../workflows/rollout/engine";
import type { FleetRow } from "../../workflows/rollout/fleet";
import type { LedgerEntry, PackedLedger } from "../../workflows/rollout/ledger";
import type { VisitOrder } from "../../workflows/rollout/state";
import { partsOfRunId } from "../../workflows/run-id";
import { scheduleOf } from "../../workflows/schedule-of";
import { siteQueue } from "../../workflows/task-queues";
import type { FleetUpgradeActivities, Newcomers } from "./activities";
import type { PreparedFleetUpgrade } from "./contract";
import type { ReportFacts } from "./report";
import type { WrittenReport } from "./reporting";

const reads = proxyActivities<FleetUpgradeActivities>(retryClasses.reads);
const checking = proxyActivities<FleetUpgradeActivities>({
  ...retryClasses.reads,
  startToCloseTimeout: "30 minutes",
  summary: "plan",
});
const calendars = proxyActivities<CalendarActivities>({
  ...retryClasses.reads,
  summary: "window",
});
const writing = proxyActivities<FleetUpgradeActivities & LedgerActivities>(
  retryClasses.last,
);

const keepers = proxyActivities<LockActivities & FreezeActivities>(
  retryClasses.last,
);

/** What calls share over the whole chain of runs. */
export interface RunContext {
  /** The plan, with the hosts that appeared since. */
  readonly plan?: ArtifactRef;
  readonly visitTimeoutMs: number;
  /** How often the plan was extended. */
  readonly extensions: number;
  /** What the hosts of the target were to run before. */
  readonly former?: string;
  /** What was built for all hosts. */
  readonly artifact?: ArtifactRef;
  /** Raised when somebody says to build once more. */
  readonly buildGeneration?: number;
}

interface OrderedVisit extends Omit<VisitOrder, "work"> {
  readonly index: number;
  readonly work: NonNullable<VisitRequest["work"]>;
  readonly window?: VisitRequest["window"] | undefined;
}

/** The activities of this runbook, with the arguments that each run fills in the same way. */
export class Calls {
  context: RunContext;
  /** One for all visits: the sandbox keeps a stack trace of every promise, so that a scope more a host is felt. */
  readonly #shield = new CancellationScope({ cancellable: false });

  constructor(carried: RunContext = { visitTimeoutMs: 0, extensions: 0 }) {
    this.context = carried;
  }

  async prepare(input: unknown): Promise<PreparedFleetUpgrade> {
    const { workflowId, firstExecutionRunId: rootRunId } = workflowInfo();
    const scheduledBy = scheduleOf();
    const prepared = await checking.prepareFleetUpgrade({
      ...{ input, workflowId, rootRunId },
      ...(scheduledBy === undefined ? {} : { scheduledBy }),
      folder: artifactFolder(),
    });
    const { plan, visitTimeoutMs } = prepared;
    this.context = { ...this.context, plan, visitTimeoutMs };
    return prepared;
  }

  /** All rows of the plan as it is now, read in pages that each fit a payload. */
  async rows(): Promise<FleetRow[]> {
    const plan = this.#plan;
    const { rows, pages } = await reads.planRows({ plan, page: 0 });
    const others = await Promise.all(
      Array.from({ length: pages - 1 }, (_, page) =>
        reads.planRows({ plan, page: page + 1 }),
      ),
    );
    return [...rows, ...others.flatMap((page) => page.rows)];
  }

  /** Builds what all hosts get, once for the whole chain of runs. @throws build.*, ssh.*, host.* */
  async build(timeoutMs: number): Promise<void> {
    const building = proxyActivities<BuildActivities>({
      ...retryClasses.writes,
      startToCloseTimeout: timeoutMs,
      cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
      summary: "build",
    });
    const { buildGeneration: generation } = this.context;
    const artifact = await building.buildComponent({
      plan: this.#plan,
      rootRunId: workflowInfo().firstExecutionRunId,
      ...(generation === undefined ? {} : { generation }),
    });
    this.context = { ...this.context, artifact };
  }

  /** The next build runs its command anew. */
  buildAgain(): void {
    const { buildGeneration = 1 } = this.context;
    this.context = { ...this.context, buildGeneration: buildGeneration + 1 };
  }

  /** Cancelling the run must not cut a host off in the middle of its visit. */
  visit(row: FleetRow, order: OrderedVisit): Visiting {
    const { taskQueue } = workflowInfo();
    const hosts = proxyActivities<HostActivities>({
      ...retryClasses.writes,
      startToCloseTimeout: this.context.visitTimeoutMs,
      cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
      taskQueue: siteQueue(taskQueue, row.site),
      summary: row.id,
    });
    // Cancelled by hand, never by the run's own cancellation.
    const scope = new CancellationScope({
      cancellable: true,
      parent: this.#shield,
    });
    const result = scope.run(() => hosts.visitHost(this.#request(row, order)));
    return { result, cancel: () => scope.cancel() };
  }

  #request(row: FleetRow, order: OrderedVisit): VisitRequest {
    const { workflowId, firstExecutionRunId } = workflowInfo();
    const { work, index, generations, skipped, window, parked } = order;
    return {
      plan: this.#plan,
      index,
      hostId: row.id,
      rootRunId: firstExecutionRunId,
      workflowId,
      // Each byte is paid once a host.
      ...(work === "apply" ? window && { window } : { work }),
      ...(parked === undefined ? {} : { resumes: true }),
      ...(Object.keys(generations).length === 0 ? {} : { generations }),
      ...(skipped.length === 0 ? {} : { skipped }),
      ...(this.context.artifact && { artifact: this.context.artifact }),
    };
  }

  /** Whether work may start on the target, by its calendars as they are now. @throws calendar.*, config.* */
  calendarState(at: number): Promise<CalendarState> {
    const { target } = partsOfRunId(workflowInfo().workflowId);
    return calendars.calendarState({ target, at });
  }

  /** Looks for hosts that the inventory did not know when the plan was made, and adds them to it. */
  async newcomers(): Promise<Newcomers> {
    const part = this.context.extensions + 2;
    const found = await reads.findNewcomers({
      plan: this.#plan,
      folder: artifactFolder(),
      part,
    });
    if (found.added > 0)
      this.context = {
        ...this.context,
        plan: found.plan,
        extensions: this.context.extensions + 1,
      };
    return found;
  }

  /** Asks hosts which version they run: who runs another one, and who did not answer. */
  async versions(
    indexes: readonly number[],
    rows: readonly FleetRow[],
  ): Promise<{ stale: number[]; silent: number[] }> {
    const stale: number[] = [];
    const silent: number[] = [];
    // A page after the other: all hosts at once would be more than a worker's share of connections.
    for (const { site, page } of pagesBySite(indexes, rows)) {
      const hosts = proxyActivities<HostActivities>({
        ...retryClasses.reads,
        startToCloseTimeout: "30 minutes",
        taskQueue: siteQueue(workflowInfo().taskQueue, site),
        summary: `versions of ${page.length} hosts`,
      });
      const { differ } = await hosts.askVersions({
        plan: this.#plan,
        rows: page,
      });
      for (const [row, version] of differ)
        (version === null ? silent : stale).push(row);
    }
    return { stale, silent };
  }

  /** Says what the hosts of the target should run; a run over a part of them does not. */
  async publishDesired(
    { version, component, isWholeTarget }: PreparedFleetUpgrade,
    state: "rolling" | "current" | "rolled back" | "unsettled",
  ): Promise<void> {
    if (version === undefined || !isWholeTarget) return;
    const { workflowId } = workflowInfo();
    const { target } = partsOfRunId(workflowId);
    const former = await writing.publishDesired({
      target,
      component,
      version:
        state === "rolled back" ? (this.context.former ?? null) : version,
      state,
      workflowId,
      at: Date.now(),
    });
    if (state === "rolling" && former.version !== undefined)
      this.context = { ...this.context, former: former.version };
  }

  /** Has the run told of freezes from now on. */
  watchFreezes(watcher: Watcher): Promise<FreezeNotice> {
    return keepers.watchFreezes(watcher);
  }

  unwatchFreezes(watcher: Pick<Watcher, "run">): Promise<void> {
    return keepers.unwatchFreezes(watcher);
  }

  leaveLock(leave: Parameters<LockActivities["leaveLock"]>[0]): Promise<void> {
    return keepers.leaveLock(leave);
  }

  appendLedger(
    part: number,
    entries: readonly LedgerEntry[],
  ): Promise<ArtifactRef> {
    return CancellationScope.nonCancellable(() =>
      writing.appendLedger({ folder: artifactFolder(), part, entries }),
    );
  }

  report(facts: ReportFacts, ledger: PackedLedger): Promise<WrittenReport> {
    return writing.reportFleetUpgrade({
      folder: artifactFolder(),
      plan: this.#plan,
      facts,
      ...ledger,
    });
  }

  get #plan(): ArtifactRef {
    return this.context.plan ?? { key: "", sha256: "", bytes: 0 };
  }
}

const pageSize = 500;

/** Hosts of a site are asked by the workers at that site. */
function pagesBySite(
  indexes: readonly number[],
  rows: readonly FleetRow[],
): { site: string | undefined; page: number[] }[] {
  const sites = new Map<string | undefined, number[]>();
  for (const index of indexes) {
    const site = rows[index]?.site;
    const known = sites.get(site);
    if (known === undefined) sites.set(site, [index]);
    else known.push(index);
  }
  return [...sites].flatMap(([site, all]) =>
    Array.from({ length: Math.ceil(all.length / pageSize) }, (_, page) => ({
      site,
      page: all.slice(page * pageSize, (page + 1) * pageSize),
    })),
  );
}

function artifactFolder(): string {
  const { workflowId, firstExecutionRunId } = workflowInfo();
  return `runs/${workflowId}/${firstExecutionRunId}`;
}
