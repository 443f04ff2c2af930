import {
  CancellationScope,
  condition,
  continueAsNew,
  isCancellation,
  setCurrentDetails,
  workflowInfo,
} from "@temporalio/workflow";
import { failureOf, refuseInput } from "../../workflows/failure-of";
import {
  type Desk,
  openDesk,
  type PackedDesk,
} from "../../workflows/gate/desk";
import { Handled } from "../../workflows/gate/handled";
import { acrossRuns } from "../../workflows/hand-over";
import { Rollout } from "../../workflows/rollout/engine";
import { fleetOf, type FleetRow } from "../../workflows/rollout/fleet";
import { Ledger, type PackedLedger } from "../../workflows/rollout/ledger";
import type { PackedRollout } from "../../workflows/rollout/pack";
import {
  inFlight,
  quarantined,
  type RolloutState,
} from "../../workflows/rollout/state";
import { Calls, type RunContext } from "./calls";
import type {
  FleetUpgradeInput,
  FleetUpgradeResult,
  PlanStage,
  PreparedFleetUpgrade,
} from "./contract";
import { openRunControls } from "./operator";
import type { ReportFacts } from "./report";
import {
  countOutcomes,
  type Ending,
  noOutcomes,
  outcomeLetters,
  outcomeOf,
  outcomeOfRun,
  type Position,
} from "./state";
import { RunView } from "./view";
import { stageQuestion } from "./words";

/** What a run hands to the next one of its chain; small, whatever the size of the fleet. */
export interface CarriedFleetRun {
  readonly prepared: PreparedFleetUpgrade;
  readonly context: RunContext;
  readonly rollout: PackedRollout;
  readonly desk: PackedDesk;
  readonly ledger: PackedLedger;
  readonly progress: Progress;
}

type FleetUpgradeWorkflow = (
  input?: FleetUpgradeInput,
  carried?: CarriedFleetRun,
) => Promise<FleetUpgradeResult>;

/** How far the procedure has come. */
interface Progress {
  readonly startedAt: number;
  readonly position: Position;
  /** Stages that are done, soaked and approved. */
  readonly passed: number;
  /** Census waves that were taken. */
  readonly waves: number;
  readonly ending: Ending;
}

/** One run: what it knows, and the moves that the workflow makes with it. */
export class FleetRun {
  readonly #rollout: Rollout;
  readonly view: RunView;
  #progress: Progress;

  private constructor(
    private readonly desk: Desk,
    private readonly ledger: Ledger,
    private readonly calls: Calls,
    private readonly prepared: PreparedFleetUpgrade,
    rows: readonly FleetRow[],
    carried: CarriedFleetRun | undefined,
  ) {
    const { rollout: settings, plan, canUndo } = prepared;
    this.#progress = carried?.progress ?? {
      startedAt: workflowInfo().startTime.getTime(),
      position: { kind: "planning" },
      passed: 0,
      waves: 0,
      ending: "done",
    };
    this.view = new RunView(prepared, desk, () => ({
      rollout: this.#rollout,
      position: this.#position,
      startedAt: this.#progress.startedAt,
    }));
    this.#rollout = new Rollout({
      fleet: fleetOf(rows),
      settings,
      carried: carried?.rollout,
      desk,
      digest: plan.sha256,
      gateExpiresMs: settings.gateExpiresMs,
      canUndo,
      visit: (row, index, order) => calls.visit(row, { index, ...order }),
      failureOf,
      record: (entry) => ledger.record(entry),
      onChange: () => this.changed(),
    });
  }

  /**
   * Validates the input and freezes the plan; in a later run of the chain, goes on where the former one stood. Its
   * handlers stand before the first await: nothing early is kept for later.
   */
  static async open(
    input: unknown,
    carried: CarriedFleetRun | undefined,
  ): Promise<FleetRun> {
    const opened: { run?: FleetRun } = {};
    const calls = new Calls(carried?.context);
    const ledger = new Ledger(
      (part, entries) => calls.appendLedger(part, entries),
      carried?.ledger,
    );
    const handled = new Handled(carried?.desk.handled);
    const desk = openDesk({
      carried: carried?.desk,
      handled,
      onChange: () => opened.run?.changed(),
      onDecision: (decision) => ledger.record({ kind: "decision", decision }),
      onRefusal: (refused) => ledger.record({ kind: "refused", refused }),
    });
    openRunControls({ desk, handled, run: () => opened.run });
    RunView.openQueries(() => opened.run?.view);
    const prepared =
      carried?.prepared ?? (await calls.prepare(input).catch(refuseInput));
    const rows =
      prepared.mode === "plan" ? [] : await calls.rows(prepared.count);
    opened.run = new FleetRun(desk, ledger, calls, prepared, rows, carried);
    opened.run.view.keepShowing();
    return opened.run;
  }

  get isPlanOnly(): boolean {
    return this.prepared.mode === "plan";
  }

  get canUndo(): boolean {
    return this.prepared.canUndo;
  }

  get rollout(): Rollout {
    return this.#rollout;
  }

  /** Nothing was touched; the plan is the result. */
  planned(): FleetUpgradeResult {
    const { plan, text, count } = this.prepared;
    setCurrentDetails(text);
    const counts = { ...noOutcomes, "not attempted": count };
    return { outcome: "planned", counts, plan, text };
  }

  /** Does the work in as many runs as its history needs. */
  acrossRuns<T>(
    input: FleetUpgradeInput | undefined,
    work: () => Promise<T>,
  ): Promise<T> {
    return acrossRuns(
      {
        inFlight: () => inFlight(this.#state),
        // A successor would not be cancelled; and the little that is left fits.
        mayHandOver: () => this.#progress.ending !== "cancelled",
        handOver: async () => {
          await this.ledger.settled();
          return continueAsNew<FleetUpgradeWorkflow>(input, this.#carried());
        },
      },
      work,
    );
  }

  /** Says what the hosts of the target should run from now on. */
  async begin(): Promise<void> {
    if (this.#progress.passed > 0 || this.#position.kind !== "planning") return;
    this.note("started");
    await this.calls.publishDesired(this.prepared, "rolling");
  }

  /** What all hosts get is made once, before the first of them. A build that fails waits for somebody's word. */
  async build(): Promise<void> {
    const { buildTimeoutMs } = this.prepared;
    if (buildTimeoutMs === undefined) return;
    while (this.calls.context.artifact === undefined && this.#isRolling) {
      this.#enter({ kind: "building" });
      try {
        await this.calls.build(buildTimeoutMs);
        this.note("built");
      } catch (error) {
        if (isCancellation(error)) throw error;
        await this.#askAboutBuild(failureOf(error).message);
      }
    }
  }

  async #askAboutBuild(message: string): Promise<void> {
    const [sight = ""] = message.split("\n");
    this.note(`build failed: ${sight}`);
    const decision = await this.desk.ask({
      id: "build",
      title: `the build failed (${sight.slice(0, 200)}): what now?`,
      choices: ["retry", "abort"],
      digest: this.prepared.plan.sha256,
      expiresAfterMs: this.prepared.rollout.gateExpiresMs,
    });
    if (decision?.choice === "abort")
      this.#rollout.dispatch({ kind: "aborted" });
    else this.calls.buildAgain();
  }

  /** The stages that are left, in order. */
  get stagesLeft(): readonly PlanStage[] {
    return this.prepared.rollout.stages.slice(this.#progress.passed);
  }

  async upgrade(stage: PlanStage): Promise<void> {
    this.#enter({ kind: "upgrading", stage: this.#numberOf(stage) });
    await this.#rollout.runUntil(stage.end);
  }

  /** Nothing starts for as long as the plan says; whoever aborts need not wait for it. */
  async soak(stage: PlanStage): Promise<void> {
    if (stage.soakMs === 0 || !this.#isRolling) return;
    const { position } = this.#progress;
    const number = this.#numberOf(stage);
    const until =
      position.kind === "soaking" && position.stage === number
        ? position.until
        : Date.now() + stage.soakMs;
    this.#enter({ kind: "soaking", stage: number, until });
    const leftMs = until - Date.now();
    if (leftMs > 0)
      await condition(() => !this.#isRolling, leftMs, {
        summary: `soak after ${stage.name}`,
      });
  }

  /** True when the next stage may begin. */
  async askAfter(stage: PlanStage): Promise<boolean> {
    const isLast = stage.end >= this.#state.items.length;
    const isApproved =
      this.#isRolling && (isLast || !stage.gate || (await this.#ask(stage)));
    if (isApproved) this.#advance({ passed: this.#numberOf(stage) + 1 });
    return isApproved && this.#isRolling;
  }

  async #ask(stage: PlanStage): Promise<boolean> {
    const number = this.#numberOf(stage);
    this.#enter({ kind: "asking", stage: number });
    const decision = await this.desk.ask({
      id: gateOf(number),
      title: stageQuestion(this.#state.items, stage),
      choices: ["approve", "deny"],
      digest: this.prepared.plan.sha256,
      expiresAfterMs: this.prepared.rollout.gateExpiresMs,
    });
    if (decision?.choice === "deny") this.#advance({ ending: "denied" });
    return decision?.choice === "approve";
  }

  /** Hosts that appeared meanwhile, or that run another version after all, are upgraded, until there are none. */
  async catchUp(): Promise<void> {
    const { waves, versions } = this.prepared.rollout.census;
    const { stages } = this.prepared.rollout;
    if (this.#progress.passed < stages.length) return;
    while (this.#progress.waves < waves && this.#isRolling) {
      const wave = this.#progress.waves + 1;
      this.#enter({ kind: "census", wave });
      const found = await this.#census(versions);
      if (found === 0) return;
      this.note(`census: ${found} to catch up with, wave ${wave}`);
      this.#enter({ kind: "catching up", wave });
      await this.#rollout.runUntil(this.#state.items.length);
      this.#advance({ waves: wave });
    }
  }

  /** @returns hosts to catch up with */
  async #census(asksVersions: boolean): Promise<number> {
    const before = this.#state.items.length;
    const newcomers = await this.calls.newcomers();
    if (newcomers.note !== undefined) this.note(`census: ${newcomers.note}`);
    if (newcomers.added > 0) {
      const rows = await this.calls.rows(before + newcomers.added);
      this.#rollout.extend(fleetOf(rows));
    }
    if (!asksVersions) return newcomers.added;
    const asked = this.#state.items.flatMap((item, index) =>
      item.kind === "finished" &&
      item.marked === undefined &&
      (item.outcome === "upgraded" || item.outcome === "unchanged")
        ? [index]
        : [],
    );
    const { stale, silent } = await this.calls.versions(
      asked,
      this.#rollout.fleet.rows,
    );
    if (silent.length > 0)
      this.note(
        `census: ${silent.length} hosts could not be asked: ${this.#named(silent)}`,
      );
    if (stale.length > 0)
      this.note(
        `census: ${stale.length} hosts run another version: ${this.#named(stale)}`,
      );
    this.#rollout.dispatch({ kind: "found stale", indexes: stale });
    return newcomers.added + stale.length;
  }

  /** What was touched goes back, if that was asked for at any moment; approved by whoever asked. */
  async rollBack(): Promise<void> {
    if (this.#state.course !== "rolling back") return;
    this.#enter({ kind: "rolling back" });
    await this.#rollout.runUntil(this.#state.items.length);
    await this.calls.publishDesired(this.prepared, "rolled back");
  }

  /** A cancelled run goes no further: hosts in work finish, for one cut off in the middle would stay drained. */
  async drain(): Promise<void> {
    this.#advance({ ending: "cancelled" });
    this.note("cancelled: nothing new starts");
    this.#rollout.dispatch({ kind: "aborted" });
    await this.#rollout.settled();
  }

  /** Hosts that a failed visit left drained rejoin if they are ready; the others are left out, and the report says so. */
  async putBack(): Promise<void> {
    const left = quarantined(this.#state);
    if (left.length === 0 || this.#state.course !== "draining") return;
    this.#enter({ kind: "putting back" });
    const { slots } = this.#state.settings;
    const queue = [...left];
    const work = async (): Promise<void> => {
      for (let row = queue.shift(); row !== undefined; row = queue.shift())
        await this.#putBackOne(row);
    };
    await Promise.all(
      Array.from({ length: Math.min(slots, left.length) }, work),
    );
  }

  async #putBackOne(row: number): Promise<void> {
    const order = { index: row, work: "put back", ...noOrder } as const;
    try {
      const { outcome } = await this.calls.visit(this.#rowOf(row), order)
        .result;
      this.ledger.record({ kind: "host", row, at: Date.now(), outcome });
      this.note(`${this.#rowOf(row).id}: ${outcome}`);
    } catch (error) {
      const { message } = failureOf(error);
      this.note(`${this.#rowOf(row).id} could not be put back: ${message}`);
    }
  }

  /** A run that ends early has hosts that appeared meanwhile; the report accounts for them, too. */
  async countNewcomers(): Promise<void> {
    const hasCensus =
      this.#progress.passed >= this.prepared.rollout.stages.length;
    if (hasCensus || this.prepared.rollout.census.waves === 0) return;
    const before = this.#state.items.length;
    const { added } = await this.calls.newcomers();
    if (added === 0) return;
    const rows = await this.calls.rows(before + added);
    this.#rollout.extend(fleetOf(rows));
    this.note(`${added} hosts appeared meanwhile and were not attempted`);
  }

  /** A cancel that comes this late changes nothing any more: the report is still written. */
  async report(): Promise<FleetUpgradeResult> {
    this.#enter({ kind: "reporting" });
    const outcome = outcomeOfRun(this.#state, this.#progress.ending);
    await this.#publishEnd(outcome);
    this.note(outcome);
    await this.ledger.settled();
    const outcomes = this.#state.items.map(outcomeOf);
    const facts = this.#facts(
      outcome,
      outcomes.map((word) => outcomeLetters[word]).join(""),
    );
    const written = await this.#writeReport(facts);
    this.#enter({ kind: "ended" });
    this.view.show();
    const { plan } = this.prepared;
    return { outcome, counts: countOutcomes(outcomes), plan, ...written };
  }

  async #publishEnd(outcome: FleetUpgradeResult["outcome"]): Promise<void> {
    if (outcome.startsWith("rolled back")) return;
    const isDone = outcome.startsWith("completed");
    await CancellationScope.nonCancellable(() =>
      this.calls.publishDesired(
        this.prepared,
        isDone ? "current" : "unsettled",
      ),
    );
  }

  /** A store that takes no report must not turn a run that went well into a failed one: its history has every fact. */
  async #writeReport(
    facts: ReportFacts,
  ): Promise<Pick<FleetUpgradeResult, "report" | "text">> {
    try {
      const report = await CancellationScope.nonCancellable(() =>
        this.calls.report(facts, this.ledger.packed()),
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
    outcomes: string,
  ): ReportFacts {
    const { workflowId, firstExecutionRunId: runId } = workflowInfo();
    return {
      summary: this.prepared.summary,
      workflowId,
      runId,
      digest: this.prepared.plan.sha256,
      outcome,
      startedAt: this.#progress.startedAt,
      finishedAt: Date.now(),
      outcomes,
    };
  }

  /** A line of the timeline. */
  note(text: string): void {
    this.ledger.record({ kind: "event", at: Date.now(), text });
  }

  get isOver(): boolean {
    const { kind } = this.#progress.position;
    return kind === "reporting" || kind === "ended";
  }

  #carried(): CarriedFleetRun {
    return {
      prepared: this.prepared,
      context: this.calls.context,
      rollout: this.#rollout.packed(),
      desk: this.desk.packed(),
      ledger: this.ledger.packed(),
      progress: this.#progress,
    };
  }

  get #state(): RolloutState {
    return this.#rollout.state;
  }

  get #isRolling(): boolean {
    return this.#state.course === "rolling";
  }

  /** Going back shows, whichever step was interrupted for it. */
  get #position(): Position {
    const { position } = this.#progress;
    const isLate = position.kind === "reporting" || position.kind === "ended";
    return this.#state.course === "rolling back" && !isLate
      ? { kind: "rolling back" }
      : position;
  }

  /** Shows what has changed, once all of it is over. */
  changed(): void {
    const { position } = this.#progress;
    // Whoever goes back or aborts need not answer what comes next.
    if (position.kind === "asking" && !this.#isRolling)
      this.desk.withdraw(gateOf(position.stage));
    if (position.kind === "building" && !this.#isRolling)
      this.desk.withdraw("build");
    this.view.changed();
  }

  #enter(position: Position): void {
    this.#advance({ position });
    this.view.changed();
  }

  #advance(progress: Partial<Progress>): void {
    this.#progress = { ...this.#progress, ...progress };
  }

  #numberOf(stage: PlanStage): number {
    return this.prepared.rollout.stages.indexOf(stage);
  }

  #rowOf(index: number): FleetRow {
    return this.#rollout.fleet.rows[index] ?? { id: "", pool: "" };
  }

  #named(indexes: readonly number[]): string {
    const named = indexes.slice(0, 10).map((index) => this.#rowOf(index).id);
    const more = indexes.length - named.length;
    return `${named.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
  }
}

const noOrder = { generations: {}, skipped: [], asked: false };

const gateOf = (stage: number): string =>
  stage === 0 ? "canary" : `stage-${stage + 1}`;
