import {
  CancellationScope,
  condition,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from "@temporalio/workflow";
import type { HostActivities } from "../../activities/host/port";
import { failureOf, refuseInput } from "../../workflows/failure-of";
import { type Desk, openDesk } from "../../workflows/gate/desk";
import type { Decision } from "../../workflows/gate/gate";
import { retryClasses } from "../../workflows/retry-classes";
import { Rollout } from "../../workflows/rollout/engine";
import {
  type Generations,
  inFlight,
  type ItemResult,
} from "../../workflows/rollout/state";
import { standingPublisher } from "../../workflows/status/search-attributes";
import { siteQueue } from "../../workflows/task-queues";
import type { FleetUpgradeActivities } from "./activities";
import type {
  FleetUpgradeResult,
  HostReport,
  PreparedFleetUpgrade,
} from "./contract";
import { runbookName } from "./ids";
import { hostsQuery, stateQuery } from "./messages";
import type { ReportFacts } from "./report";
import {
  type FleetState,
  outcomeOfRun,
  percentDone,
  stepTitles,
} from "./state";
import {
  canaryQuestion,
  countOutcomes,
  hostReports,
  runDetails,
} from "./words";

const planning = proxyActivities<FleetUpgradeActivities>({
  ...retryClasses.reads,
  summary: "plan",
});
const reporting = proxyActivities<FleetUpgradeActivities>({
  ...retryClasses.last,
  summary: "report",
});

/** One run: what it knows, and the moves that the workflow makes with it. */
export class FleetRun {
  readonly #startedAt = workflowInfo().startTime.getTime();
  readonly #publish = standingPublisher();
  readonly #rollout: Rollout;
  #phase: FleetState["kind"] = "planning";
  #approval: Decision | undefined;

  private constructor(
    private readonly desk: Desk,
    private readonly prepared: PreparedFleetUpgrade,
  ) {
    this.#rollout = new Rollout({
      ids: prepared.rows.map(({ id }) => id),
      slots: prepared.slots,
      allowedFailures: prepared.allowedFailures,
      gateExpiresMs: prepared.gateExpiresMs,
      digest: prepared.plan.sha256,
      desk,
      visit: (index, generations) => this.#visit(index, generations),
      failureOf,
      onChange: () => this.show(),
    });
  }

  /** Validates the input and freezes the plan. Its handlers stand before the first await: nothing early is kept for later. */
  static async open(input: unknown): Promise<FleetRun> {
    const opened: { run?: FleetRun } = {};
    const desk = openDesk(() => opened.run?.show());
    setHandler(stateQuery, () => opened.run?.state ?? { kind: "planning" });
    setHandler(hostsQuery, () => opened.run?.prepared.rows ?? []);
    const { workflowId } = workflowInfo();
    const request = { input, workflowId, folder: artifactFolder() };
    const prepared = await planning
      .prepareFleetUpgrade(request)
      .catch(refuseInput);
    opened.run = new FleetRun(desk, prepared);
    opened.run.show();
    return opened.run;
  }

  get state(): FleetState {
    const rollout = this.#rollout.state;
    return this.#phase === "planning"
      ? { kind: "planning" }
      : { kind: this.#phase, rollout };
  }

  get isPlanOnly(): boolean {
    return this.prepared.mode === "plan";
  }

  /** Nothing was touched; the plan is the result. */
  planned(): FleetUpgradeResult {
    const { plan, text, rows } = this.prepared;
    setCurrentDetails(text);
    const counts = {
      ...countOutcomes([]),
      "not attempted": rows.length,
    };
    return { outcome: "planned", counts, plan, text };
  }

  async upgradeCanaries(): Promise<void> {
    this.#enter("upgrading canaries");
    await this.#rollout.runUntil(this.prepared.canaries);
  }

  /** True when the rest may begin. */
  async askBeforeRest(): Promise<boolean> {
    const { canaryGate, canaries, rows, gateExpiresMs, plan } = this.prepared;
    if (this.#rollout.state.kind === "draining") return false;
    if (!canaryGate || canaries === rows.length) return true;
    this.#enter("asking");
    this.#approval = await this.desk.ask({
      id: "canary",
      title: canaryQuestion(
        this.#rollout.state.items.slice(0, canaries),
        rows.length - canaries,
      ),
      choices: ["approve", "deny"],
      digest: plan.sha256,
      expiresAfterMs: gateExpiresMs,
    });
    return this.#approval?.choice === "approve";
  }

  async upgradeRest(): Promise<void> {
    this.#enter("upgrading the rest");
    await this.#rollout.runUntil(this.prepared.rows.length);
  }

  /** Visits in flight finish: a host cut off in the middle of its visit would stay drained. */
  async drain(): Promise<void> {
    this.#rollout.abort();
    await condition(() => inFlight(this.#rollout.state) === 0);
  }

  /** A cancel that comes this late changes nothing any more: the report is still written. */
  async report(ending: "done" | "cancelled"): Promise<FleetUpgradeResult> {
    this.#enter("reporting");
    const { plan, rows } = this.prepared;
    const rollout = this.#rollout.state;
    const outcome = outcomeOfRun(rollout, this.#approval, ending);
    const hosts = hostReports(rows, rollout.items);
    const written = await this.#writeReport(this.#facts(outcome, hosts));
    this.#enter("ended");
    const counts = countOutcomes(hosts);
    return { outcome, counts, plan, ...written };
  }

  /** A store that takes no report must not turn a run that went well into a failed one: its history has every fact. */
  async #writeReport(
    facts: ReportFacts,
  ): Promise<Pick<FleetUpgradeResult, "report" | "text">> {
    try {
      const report = await CancellationScope.nonCancellable(() =>
        reporting.reportFleetUpgrade({ folder: artifactFolder(), facts }),
      );
      return {
        report,
        text: `${facts.outcome}; report: ${report.markdown.key}`,
      };
    } catch (error) {
      const { message } = failureOf(error);
      return { text: `${facts.outcome}; no report was written: ${message}` };
    }
  }

  #facts(
    outcome: FleetUpgradeResult["outcome"],
    hosts: readonly HostReport[],
  ): ReportFacts {
    const { workflowId, runId } = workflowInfo();
    return {
      summary: this.prepared.summary,
      workflowId,
      runId,
      digest: this.prepared.plan.sha256,
      outcome,
      startedAt: this.#startedAt,
      finishedAt: Date.now(),
      hosts,
      decisions: this.desk.decisions,
      refused: this.desk.refused,
    };
  }

  /** In a scope of its own: cancelling the run must not cut a host off in the middle of its visit. */
  #visit(index: number, generations: Generations): Promise<ItemResult> {
    const { rows, plan, visitTimeoutMs } = this.prepared;
    const { id: hostId = "", site } = rows[index] ?? {};
    const { workflowId, firstExecutionRunId, taskQueue } = workflowInfo();
    const hosts = proxyActivities<HostActivities>({
      ...retryClasses.writes,
      startToCloseTimeout: visitTimeoutMs,
      taskQueue: siteQueue(taskQueue, site),
      summary: hostId,
    });
    return CancellationScope.nonCancellable(
      () =>
        hosts.visitHost({
          plan,
          index,
          hostId,
          rootRunId: firstExecutionRunId,
          workflowId,
          generations,
        }) as Promise<ItemResult>,
    );
  }

  #enter(phase: FleetState["kind"]): void {
    this.#phase = phase;
    this.show();
  }

  show(): void {
    const { summary, rows, text: planText } = this.prepared;
    const rollout = this.#rollout.state;
    const { open: gates, refused } = this.desk;
    const step = stepTitles[this.#phase];
    setCurrentDetails(
      runDetails({ summary, step, rows, rollout, gates, refused, planText }),
    );
    const [, target = "", change = ""] = workflowInfo().workflowId.split(":");
    this.#publish({
      name: runbookName,
      target,
      change,
      phase: this.#phase,
      waiting: gates.map(({ id }) => id).join(",") || "none",
      percent: percentDone(rollout),
      blocked: gates.length > 0,
    });
  }
}

function artifactFolder(): string {
  const { workflowId, firstExecutionRunId } = workflowInfo();
  return `runs/${workflowId}/${firstExecutionRunId}`;
}
