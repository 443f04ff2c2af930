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
import type { Generations, ItemResult } from "../../workflows/rollout/state";
import { standingPublisher } from "../../workflows/status/search-attributes";
import { siteQueue } from "../../workflows/task-queues";
import type { FleetUpgradeActivities } from "./activities";
import type { FleetUpgradeResult, PreparedFleetUpgrade } from "./contract";
import { runbookName } from "./ids";
import { hostsQuery, stateQuery } from "./messages";
import {
  type FleetOutcome,
  type FleetState,
  outcomeOfRun,
  percentDone,
  rowIds,
  stepTitles,
} from "./state";
import { countOutcomes, hostReports, runDetails } from "./words";

const planning = proxyActivities<FleetUpgradeActivities>({
  ...retryClasses.reads,
  summary: "plan and report",
});

/** One run: what it knows, and the moves that the workflow makes with it. */
export class FleetRun {
  readonly #desk: Desk = openDesk(() => this.#show());
  readonly #startedAt = Date.now();
  readonly #publish = standingPublisher();
  #state: FleetState = { kind: "planning" };
  #prepared: PreparedFleetUpgrade | undefined;
  #rollout: Rollout | undefined;
  #approval: Decision | undefined;

  constructor() {
    setHandler(stateQuery, () => this.#state);
    setHandler(hostsQuery, () => this.#prepared?.rows ?? []);
  }

  async prepare(input: unknown): Promise<PreparedFleetUpgrade> {
    const { workflowId } = workflowInfo();
    const prepared = await planning
      .prepareFleetUpgrade({ input, workflowId, folder: this.#folder })
      .catch(refuseInput);
    this.#prepared = prepared;
    this.#rollout = new Rollout({
      ids: rowIds(prepared),
      slots: prepared.slots,
      allowedFailures: prepared.allowedFailures,
      gateExpiresMs: prepared.gateExpiresMs,
      digest: prepared.plan.sha256,
      desk: this.#desk,
      visit: (index, generations) => this.#visit(index, generations),
      failureOf,
      onChange: () => this.#show(),
    });
    this.#show();
    return prepared;
  }

  /** Nothing was touched; the plan is the result. */
  planned({ plan, text }: PreparedFleetUpgrade): FleetUpgradeResult {
    setCurrentDetails(text);
    const counts = {
      upgraded: 0,
      unchanged: 0,
      failed: 0,
      gone: 0,
      "not attempted": this.#facts.rows.length,
    };
    return { outcome: "planned", counts, plan, text };
  }

  async upgradeCanaries(): Promise<void> {
    this.#enter("upgrading canaries");
    await this.#engine.runUntil(this.#facts.canaries);
  }

  async askBeforeRest(): Promise<boolean> {
    const { canaryGate, canaries, rows, gateExpiresMs, plan } = this.#facts;
    if (this.#engine.state.kind === "draining") return false;
    if (!canaryGate || canaries === rows.length) return true;
    this.#enter("asking");
    this.#approval = await this.#desk.ask({
      id: "canary",
      title: `canaries are done (${canaries}): upgrade the other ${rows.length - canaries} hosts?`,
      choices: ["approve", "deny"],
      digest: plan.sha256,
      expiresAfterMs: gateExpiresMs,
    });
    return this.#approval?.choice === "approve";
  }

  async upgradeRest(): Promise<void> {
    this.#enter("upgrading the rest");
    await this.#engine.runUntil(this.#facts.rows.length);
  }

  /** In flight visits finish: a host cut off in the middle of its visit would stay drained. */
  async drain(): Promise<void> {
    this.#engine.abort();
    await condition(
      () => !this.#engine.state.items.some(({ kind }) => kind === "visiting"),
    );
  }

  async report(ending: "done" | "cancelled"): Promise<FleetUpgradeResult> {
    const { plan, rows, summary } = this.#facts;
    const rollout = this.#engine.state;
    const outcome = outcomeOfRun(
      rollout,
      this.#approval,
      ending === "cancelled",
    );
    this.#enter("reporting");
    const hosts = hostReports(rows, rollout.items);
    const { workflowId, runId } = workflowInfo();
    const facts = {
      summary,
      workflowId,
      runId,
      digest: plan.sha256,
      outcome,
      startedAt: this.#startedAt,
      finishedAt: Date.now(),
      hosts,
      decisions: this.#desk.decisions,
      refused: this.#desk.refused,
    };
    const report = await planning.reportFleetUpgrade({
      folder: this.#folder,
      facts,
    });
    this.#finish(outcome);
    return {
      outcome,
      counts: countOutcomes(hosts),
      plan,
      report,
      text: `${outcome}: see ${report.markdown.key}`,
    };
  }

  /** In a scope of its own: cancelling the run must not cut a host off in the middle of its visit. */
  #visit(index: number, generations: Generations): Promise<ItemResult> {
    const row = this.#facts.rows[index];
    const {
      workflowId,
      firstExecutionRunId: rootRunId,
      taskQueue,
    } = workflowInfo();
    const hosts = proxyActivities<HostActivities>({
      ...retryClasses.writes,
      startToCloseTimeout: this.#facts.visitTimeoutMs,
      taskQueue: siteQueue(taskQueue, row?.site),
      summary: row?.id ?? String(index),
    });
    const request = {
      plan: this.#facts.plan,
      index,
      hostId: row?.id ?? "",
      rootRunId,
      workflowId,
      generations,
    };
    return CancellationScope.nonCancellable(() => hosts.visitHost(request));
  }

  #enter(
    kind: "upgrading canaries" | "asking" | "upgrading the rest" | "reporting",
  ): void {
    this.#state = { kind, rollout: this.#engine.state };
    this.#show();
  }

  #finish(outcome: FleetOutcome): void {
    this.#state = { kind: "finished", outcome, rollout: this.#engine.state };
    this.#show();
  }

  #show(): void {
    if (this.#prepared === undefined || this.#rollout === undefined) return;
    const rollout = this.#rollout.state;
    if (this.#state.kind !== "planning")
      this.#state = { ...this.#state, rollout };
    const { summary, rows, text } = this.#prepared;
    const { open: gates, refused } = this.#desk;
    setCurrentDetails(
      runDetails({
        summary,
        step: stepTitles[this.#state.kind],
        rows,
        rollout,
        gates,
        refused,
        planText: text,
      }),
    );
    const [, target = "", change = ""] = workflowInfo().workflowId.split(":");
    this.#publish({
      name: runbookName,
      target,
      change,
      phase: this.#state.kind,
      waiting: gates.map(({ id }) => id).join(",") || "none",
      percent: percentDone(rollout),
      blocked: gates.length > 0,
    });
  }

  get #facts(): PreparedFleetUpgrade {
    if (this.#prepared === undefined)
      throw new TypeError("the run is not prepared");
    return this.#prepared;
  }

  get #engine(): Rollout {
    if (this.#rollout === undefined)
      throw new TypeError("the run is not prepared");
    return this.#rollout;
  }

  get #folder(): string {
    const { workflowId, firstExecutionRunId } = workflowInfo();
    return `runs/${workflowId}/${firstExecutionRunId}`;
  }
}
