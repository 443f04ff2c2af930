import {
  allHandlersFinished,
  CancellationScope,
  condition,
  continueAsNew,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from "@temporalio/workflow";
import type { FreezeNotice } from "../../activities/freeze/port";
import { failureOf, refuseInput } from "../../workflows/failure-of";
import { FreezeWatch } from "../../workflows/freeze/freeze-watch";
import {
  type Desk,
  type GateApprovals,
  openDesk,
  type PackedDesk,
} from "../../workflows/gate/desk";
import { Handled } from "../../workflows/gate/handled";
import { acrossRuns } from "../../workflows/hand-over";
import { hearCalls } from "../../workflows/lock/take-lock";
import { Rollout } from "../../workflows/rollout/engine";
import { fleetOf, type FleetRow } from "../../workflows/rollout/fleet";
import { Ledger, type PackedLedger } from "../../workflows/rollout/ledger";
import type { PackedRollout } from "../../workflows/rollout/pack";
import {
  inFlight,
  quarantined,
  type RolloutState,
} from "../../workflows/rollout/state";
import { partsOfRunId } from "../../workflows/run-id";
import { calendarChanged } from "../../workflows/window/messages";
import { type PackedWindow, Window } from "../../workflows/window/window";
import { askToBegin, mustAskToBegin, startGate } from "./ask-to-begin";
import { buildOnce } from "./build-once";
import { Calls, type RunContext } from "./calls";
import type {
  FleetUpgradeInput,
  FleetUpgradeResult,
  PlanStage,
  PreparedFleetUpgrade,
} from "./contract";
import { type Keepers, leaveHosts, lockHosts } from "./locking";
import { openRunControls } from "./operator";
import type { RunParts } from "./parts";
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
import { addNewcomers, takeCensus } from "./take-census";
import { RunView } from "./view";
import { putDrainedBack, writeReport } from "./wind-up";
import { stageQuestion } from "./words";

/** What a run hands to the next one of its chain; small, whatever the size of the fleet. */
export interface CarriedFleetRun {
  readonly prepared: PreparedFleetUpgrade;
  readonly context: RunContext;
  readonly rollout: PackedRollout;
  readonly desk: PackedDesk;
  readonly ledger: PackedLedger;
  readonly progress: Progress;
  /** What the calendars said last; of a target that keeps to some. */
  readonly window?: PackedWindow | undefined;
  /** What the run knew of freezes. */
  readonly freezes?: FreezeNotice | undefined;
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
  /** Whether the run has what it changes to itself; before it has, it changes nothing. */
  readonly lock: "none" | "held" | "left";
}

/** One run: what it knows, and the moves that the workflow makes with it. */
export class FleetRun implements RunParts {
  readonly rollout: Rollout;
  readonly view: RunView;
  /** When work may start; absent where no calendar says so. */
  readonly #window: Window | undefined;
  #progress: Progress;

  private constructor(
    readonly desk: Desk,
    readonly ledger: Ledger,
    readonly calls: Calls,
    private readonly keepers: Keepers,
    readonly prepared: PreparedFleetUpgrade,
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
      lock: "none",
    };
    this.view = new RunView(prepared, desk, () => ({
      rollout: this.rollout,
      position: this.#position,
      startedAt: this.#progress.startedAt,
    }));
    this.#window =
      prepared.window &&
      new Window({
        ...prepared.window,
        ask: (at) => calls.calendarState(at),
        carried: carried?.window,
        onChange: () => this.rollout.lookAgain(),
        note: (text) => this.note(text),
      });
    this.rollout = new Rollout({
      fleet: fleetOf(rows),
      settings,
      carried: carried?.rollout,
      desk,
      digest: plan.sha256,
      gateExpiresMs: settings.gateExpiresMs,
      canUndo,
      window: this.#window,
      visit: (row, index, order) => calls.visit(row, { index, ...order }),
      failureOf,
      record: (entry) => ledger.record(entry),
      onChange: () => this.changed(),
    });
    this.obeyFreezes();
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
      approvals: () => opened.run?.approvals,
      handled,
      onChange: () => opened.run?.changed(),
      onDecision: (decision) => ledger.record({ kind: "decision", decision }),
      onVote: (vote) => ledger.record({ kind: "vote", vote }),
      onRefusal: (refused) => ledger.record({ kind: "refused", refused }),
      onEvent: ({ at, text }) => ledger.record({ kind: "event", at, text }),
    });
    openRunControls({
      ...{ desk, handled, run: () => opened.run },
      // What is said while the run is handed over waits for the successor to know its hosts.
      ready: () =>
        carried === undefined
          ? Promise.resolve()
          : condition(() => opened.run !== undefined),
    });
    setHandler(calendarChanged, () => opened.run?.lookAtCalendars(), {
      description: "The calendars were edited: they are asked again now.",
    });
    RunView.openQueries(() => opened.run?.view);
    const obey = (): void => opened.run?.obeyFreezes();
    const keepers = {
      freezes: new FreezeWatch(obey, carried?.freezes),
      calls: hearCalls(),
    };
    const prepared =
      carried?.prepared ?? (await calls.prepare(input).catch(refuseInput));
    const rows = prepared.mode === "plan" ? [] : await calls.rows();
    opened.run = new FleetRun(
      ...([desk, ledger, calls, keepers, prepared, rows, carried] as const),
    );
    opened.run.view.keepShowing();
    if (prepared.mode === "execute") opened.run.#window?.keep();
    return opened.run;
  }

  /** They were edited. */
  lookAtCalendars(): void {
    this.#window?.poke();
  }

  get isPlanOnly(): boolean {
    return this.prepared.mode === "plan";
  }

  /** Who may answer which gate. */
  get approvals(): GateApprovals | undefined {
    const { approvals: policies } = this.prepared;
    const { target } = partsOfRunId(workflowInfo().workflowId);
    return policies && { target, policies };
  }

  get canUndo(): boolean {
    return this.prepared.canUndo;
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
        // A successor would not be cancelled, or would report once more; and the little that is left fits.
        mayHandOver: () =>
          this.#progress.ending !== "cancelled" && !this.isOver,
        handOver: async () => {
          await this.#quiet();
          return continueAsNew<FleetUpgradeWorkflow>(input, this.#carried());
        },
      },
      work,
    );
  }

  /** Nothing is lost that was said at the last moment: a part of the ledger takes its time, and so does an answer. */
  async #quiet(): Promise<void> {
    while (this.ledger.isWriting || !allHandlersFinished()) {
      await this.ledger.settled();
      await condition(allHandlersFinished);
    }
  }

  /** Somebody lets the run begin, where that is asked: before it keeps others from these hosts. */
  async askToBegin(): Promise<void> {
    const { position, lock } = this.#progress;
    if (lock !== "none" || position.kind === "locking") return;
    if (!mustAskToBegin(this)) return;
    const answer = await askToBegin(this);
    if (answer === "deny") this.#advance({ ending: "denied" });
  }

  /** Nobody else changes these hosts from now on; whoever waits for that may be called off. */
  async lock(): Promise<void> {
    const { lock, ending } = this.#progress;
    if (lock !== "none" || ending !== "done" || !this.#isRolling) return;
    this.enter({ kind: "locking" });
    if (await lockHosts(this, this.keepers)) this.#advance({ lock: "held" });
  }

  /** Nothing more is changed: the next run may. */
  async unlock(): Promise<void> {
    if (this.#progress.lock !== "left") await leaveHosts(this);
    if (this.#progress.lock === "held") this.#advance({ lock: "left" });
  }

  /** Whether the run ever had its hosts to itself, and may have changed them. */
  get #hasBegun(): boolean {
    return this.#progress.lock !== "none";
  }

  /** Parks as long as something is frozen that it changes; hosts in work finish. */
  obeyFreezes(): void {
    const { freezes } = this.keepers.freezes;
    if (freezes.length === 0)
      this.rollout.dispatch({ kind: "lifted", halt: "frozen" });
    else
      this.rollout.dispatch({
        ...{ kind: "halted", halt: { kind: "frozen", freezes } },
      });
  }

  /** Says what the hosts of the target should run from now on. */
  async begin(): Promise<void> {
    const { passed, position } = this.#progress;
    if (!this.#hasBegun || passed > 0 || position.kind !== "locking") return;
    this.note("started");
    await this.calls.publishDesired(this.prepared, "rolling");
  }

  /** What all hosts get is made once, before the first of them. */
  async build(): Promise<void> {
    if (this.#progress.ending === "done") await buildOnce(this);
  }

  /** The stages that are left, in order. */
  get stagesLeft(): readonly PlanStage[] {
    const { passed, ending } = this.#progress;
    return ending === "done" ? this.prepared.rollout.stages.slice(passed) : [];
  }

  async upgrade(stage: PlanStage): Promise<void> {
    if (this.#isBehind(stage)) return;
    this.enter({ kind: "upgrading", stage: this.#numberOf(stage) });
    await this.rollout.runUntil(stage.end);
  }

  /** A former run of the chain has come further in this stage. */
  #isBehind(stage: PlanStage): boolean {
    const { position } = this.#progress;
    return (
      (position.kind === "soaking" || position.kind === "asking") &&
      position.stage === this.#numberOf(stage)
    );
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
    this.enter({ kind: "soaking", stage: number, until });
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
    this.enter({ kind: "asking", stage: number });
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
    const { census, stages } = this.prepared.rollout;
    if (this.#progress.passed < stages.length) return;
    while (this.#progress.waves < census.waves && this.#isRolling) {
      const wave = this.#progress.waves + 1;
      if (!(await this.#hasWave(wave))) return;
      this.enter({ kind: "catching up", wave });
      await this.rollout.runUntil(this.#state.items.length);
      this.#advance({ waves: wave });
    }
  }

  async #hasWave(wave: number): Promise<boolean> {
    const { position } = this.#progress;
    // A former run of the chain has found its hosts.
    if (position.kind === "catching up" && position.wave === wave) return true;
    this.enter({ kind: "census", wave });
    const found = await takeCensus(this);
    if (found > 0) this.note(`census: ${found} to catch up with, wave ${wave}`);
    return found > 0;
  }

  /** What was touched goes back, if that was asked for at any moment; approved by whoever asked. */
  async rollBack(): Promise<void> {
    if (this.#state.course !== "rolling back") return;
    this.enter({ kind: "rolling back" });
    await this.rollout.runUntil(this.#state.items.length);
    if (this.#hasBegun)
      await this.calls.publishDesired(this.prepared, "rolled back");
  }

  /** A cancelled run goes no further: hosts in work finish, for one cut off in the middle would stay drained. */
  async drain(): Promise<void> {
    this.#advance({ ending: "cancelled" });
    this.note("cancelled: nothing new starts");
    this.rollout.dispatch({ kind: "aborted" });
    await this.rollout.settled();
  }

  /** Hosts that a failed visit left drained rejoin if they are ready; the others are left out, and the report says so. */
  async putBack(): Promise<void> {
    const left = quarantined(this.#state);
    if (left.length === 0 || this.#state.course !== "draining") return;
    this.enter({ kind: "putting back" });
    await putDrainedBack(this, left);
  }

  /** A run that ends early has hosts that appeared meanwhile; the report accounts for them, too. */
  async countNewcomers(): Promise<void> {
    const { census, stages } = this.prepared.rollout;
    const hasCensus = this.#progress.passed >= stages.length;
    if (hasCensus || census.waves === 0) return;
    const added = await addNewcomers(this);
    if (added > 0)
      this.note(`${added} hosts appeared meanwhile and were not attempted`);
  }

  /** A cancel that comes this late changes nothing any more: the report is still written. */
  async report(): Promise<FleetUpgradeResult> {
    this.enter({ kind: "reporting" });
    const outcome = outcomeOfRun(this.#state, this.#progress.ending);
    await this.#publishEnd(outcome);
    this.note(outcome);
    await this.ledger.settled();
    const outcomes = this.#state.items.map(outcomeOf);
    const facts = this.#facts(
      outcome,
      outcomes.map((word) => outcomeLetters[word]).join(""),
    );
    const written = await writeReport(this, facts);
    this.enter({ kind: "ended" });
    this.view.show();
    const { plan } = this.prepared;
    return { outcome, counts: countOutcomes(outcomes), plan, ...written };
  }

  async #publishEnd(outcome: FleetUpgradeResult["outcome"]): Promise<void> {
    if (!this.#hasBegun || outcome.startsWith("rolled back")) return;
    const isDone = outcome.startsWith("completed");
    await CancellationScope.nonCancellable(() =>
      this.calls.publishDesired(
        this.prepared,
        isDone ? "current" : "unsettled",
      ),
    );
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
      rollout: this.rollout.packed(),
      desk: this.desk.packed(),
      ledger: this.ledger.packed(),
      progress: this.#progress,
      window: this.#window?.packed(),
      freezes: this.keepers.freezes.latest,
    };
  }

  get #state(): RolloutState {
    return this.rollout.state;
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
    if (position.kind === "asking to begin" && !this.#isRolling)
      this.desk.withdraw(startGate);
    if (position.kind === "building" && !this.#isRolling)
      this.desk.withdraw("build");
    this.view.changed();
  }

  enter(position: Position): void {
    this.#advance({ position });
    this.view.changed();
  }

  #advance(progress: Partial<Progress>): void {
    this.#progress = { ...this.#progress, ...progress };
  }

  #numberOf(stage: PlanStage): number {
    return this.prepared.rollout.stages.indexOf(stage);
  }
}

const gateOf = (stage: number): string =>
  stage === 0 ? "canary" : `stage-${stage + 1}`;
