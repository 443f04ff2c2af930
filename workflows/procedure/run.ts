import {
  CancellationScope,
  CancelledFailure,
  continueAsNew,
  workflowInfo,
} from "@temporalio/workflow";
import type { StepProgress } from "../../activities/progress/port";
import { refuseControl } from "../controls/controls";
import { refuseInput } from "../failure-of";
import type { Desk, GateApprovals } from "../gate/desk";
import type { Decision } from "../gate/gate";
import { acrossRuns } from "../hand-over";
import { Overrides } from "../window/overrides";
import type { Window } from "../window/window";
import * as calls from "./calls";
import type { CarriedProcedure } from "./carried";
import { Core } from "./core";
import { outcomeOf } from "./decide";
import { type ProcedureResult, report, unlock } from "./ending";
import { type Ears, type Heard, openHandlers } from "./handlers";
import { FitWatch } from "./fit";
import { ProcedureLock } from "./lock";
import type { Ask, EndOptions, OpenOptions } from "./options";
import { undoAll } from "./undo-all";
import { quiet } from "./quiet";
import { isClosed, openWindow } from "./own-window";
import { type ProcedureProgress, progressOf } from "./progress";
import { StepRunner, type StepWork } from "./runner";
import { Slips } from "./slips";
import { type PreparedProcedure, type StepSpec, undoOf, watchOf } from "./spec";
import { type Course, isOver, type ProcedureState, type Turn } from "./state";
import { Forward } from "./turn";
import { ProcedureView } from "./view";
import { type WatchLoop, Watches } from "./watches";

/**
 * A run that is a sequence of titled steps and never dies of a failure. A runbook's workflow reads:
 *
 *     const run = await ProcedureRun.open({ runbook, steps: () => steps, prepare, carried });
 *     return run.acrossRuns(input, async () => {
 *       const course = await run.forward(async () => {
 *         const slot = await run.step("slot", () => createSlot(...));
 *         run.watch("slot", (tell) => ...);
 *         await run.step("copy", ({ attempt }) => baseBackup({ ...slot, attempt }));
 *       });
 *       if (course.kind !== "forward") await run.rollBack({ slot: () => dropSlot(...) });
 *       return run.end();
 *     });
 *
 * - What is in `forward` is run again from its beginning in each run of the chain: a step that is done returns its result
 *   without running, a question that was answered its answer. So every effect stands in a step, results are small JSON, and
 *   what is decided follows from results alone.
 * - A step waits while the run is paused, while a freeze or a watch holds it, for the lock, and if it is disruptive for its
 *   window. A `readOnly` one needs no lock and is not frozen.
 * - A step that fails for good parks: gate `failed-<step>` offers its choices. Waiting stops no clock of an activity, since none
 *   is running. A failure outside of any step parks, too (gate `failed-procedure`): a retry runs `forward` from its beginning.
 * - Controls `abort`, `rollback`, `emergencyStop`, a watch's `abort` and Temporal's cancel end `forward`: all that is awaited in
 *   it is cancelled, and it returns where the run goes once the work under way has stopped. Activities of steps must be
 *   WAIT_CANCELLATION_COMPLETED.
 * - `rollBack` undoes what has begun, the last step first, in a scope that nothing cancels; each inverse is a step
 *   `undo-<id>` that parks, too, and must find it no fault when there is nothing to undo. Freezes hold it only where they say
 *   so, windows never. An emergency stop that comes then leaves the rest as it is.
 */
export class ProcedureRun<
  Step extends string,
  Prepared extends PreparedProcedure = PreparedProcedure,
> implements Heard {
  readonly #steps: readonly StepSpec<Step>[];
  readonly #core: Core;
  readonly #window: Window | undefined;
  readonly #overrides: Overrides;
  readonly #runner: StepRunner;
  readonly #watches: Watches;
  readonly #forward: Forward;
  readonly view: ProcedureView;

  private constructor(
    private readonly options: OpenOptions<Step, Prepared>,
    readonly prepared: Prepared,
    private readonly ears: Ears,
  ) {
    const { carried, onMilestone, runbook } = options;
    this.#steps = options.steps(prepared);
    const { desk, ledger } = ears;
    const { digest, gateExpiresMs } = prepared;
    const startedAt = workflowInfo().startTime.getTime();
    const core = new Core(startedAt, {
      ...{ ledger, carried: carried?.state, onMilestone },
      onChange: () => this.view.changed(),
    });
    this.#core = core;
    const turn = (course: Turn): void => this.turn(course);
    const shared = { core, desk, digest, gateExpiresMs, turn };
    this.#forward = new Forward(shared);
    this.#window = prepared.keepsToCalendars
      ? openWindow({
          ...shared,
          carried: carried?.window,
          changed: () => this.#windowChanged(),
        })
      : undefined;
    this.#overrides = new Overrides({
      ...{ desk, window: this.#window, digest, gateExpiresMs },
      carried: carried?.overrides,
      record: (override) => ledger.record({ kind: "override", override }),
      note: (text) => this.note(text),
    });
    const lock = new ProcedureLock({ core, prepared, calls: ears.calls });
    const fit = new FitWatch({ ...shared, ask: calls.calendarState });
    this.#runner = new StepRunner({
      ...{ ...shared, lock, fit, window: this.#window },
    });
    this.#watches = new Watches(shared);
    this.view = new ProcedureView({
      ...{ runbook, prepared, desk, progress: () => this.progress() },
    });
    this.#obeyFreezes();
  }

  /** Its handlers stand before the first await: nothing early is kept for later. @throws what `prepare` refused */
  static async open<Step extends string, Prepared extends PreparedProcedure>(
    options: OpenOptions<Step, Prepared>,
  ): Promise<ProcedureRun<Step, Prepared>> {
    const { carried, prepare } = options;
    const made: { run?: ProcedureRun<Step, Prepared> } = {};
    const ears = openHandlers(carried, () => made.run);
    const prepared = carried?.prepared ?? (await prepare().catch(refuseInput));
    const isNew = carried === undefined && prepared.mode === "execute";
    if (isNew)
      ears.freezes.receive(await calls.watchFreezes(prepared.lock.resources));
    const run = new ProcedureRun(options, prepared, ears);
    made.run = run;
    run.#begin(isNew);
    return run;
  }

  #begin(isNew: boolean): void {
    this.view.keepShowing();
    if (this.prepared.mode === "plan") return;
    const { summary } = this.prepared;
    if (isNew) this.#core.tell({ kind: "started", summary });
    this.#window?.keep();
    this.#overrides.resume();
    if (this.#window !== undefined)
      new Slips({
        ...{ core: this.#core, window: this.#window },
        specOf: (id) => this.#steps.find((spec) => spec.id === id),
      }).keep();
  }

  get #parts() {
    const { prepared } = this;
    return { core: this.#core, prepared, specs: this.#steps };
  }

  /** Who may answer which gate. */
  get approvals(): GateApprovals | undefined {
    const { approvals: policies, lock } = this.prepared;
    const { resources } = lock;
    return policies && { target: calls.thisTarget(), resources, policies };
  }

  get state(): ProcedureState {
    return this.#core.state;
  }

  /** Where further questions can be asked and amended. */
  get desk(): Desk {
    return this.ears.desk;
  }

  /** What goes forward; returns where the run goes then. */
  forward(work: () => Promise<void>): Promise<Course> {
    return this.#forward.run(work, () => this.#runner.settled());
  }

  /**
   * @param terms what is known of it only now
   * @throws CancelledFailure when the run turns; let it pass
   */
  step<T>(
    id: Step,
    work: StepWork<T>,
    terms: Pick<StepSpec, "needMs"> = {},
  ): Promise<T> {
    return this.#runner.run({ ...this.#specOf(id), ...terms }, work);
  }

  /** What a step returned; undefined when it is not done. */
  resultOf<T>(id: Step): T | undefined {
    const step = this.state.steps[id];
    return step?.kind === "done" ? (step.result as T) : undefined;
  }

  /** What its inverse returned; undefined when it is not undone. */
  undoResultOf<T>(id: Step): T | undefined {
    return this.resultOf<T>(undoOf(this.#specOf(id)).id as Step);
  }

  /** Asks once in the whole chain of runs, and waits for the decision however long it takes. */
  async ask(asked: Ask): Promise<Decision> {
    const { digest, gateExpiresMs: expiresAfterMs } = this.prepared;
    const question = { expiresAfterMs, digest, ...asked };
    for (;;) {
      const known = this.state.decisions[asked.id];
      if (known !== undefined) return known;
      const decision = await this.desk.ask(question);
      if (decision !== undefined)
        this.#core.dispatch({ kind: "decided", decision });
    }
  }

  /** Looks beside the steps until its scope ends. @returns ends it sooner */
  watch(name: string, loop: WatchLoop): () => void {
    return this.#watches.start(name, loop);
  }

  /** From here on nothing can be undone, and nobody is offered it. */
  passPointOfNoReturn(reason: string): void {
    this.#core.dispatch({ kind: "past return", reason });
  }

  /** Inverses of steps that have begun, the last one first; those without an inverse are left. */
  async rollBack(
    inverses: Partial<Record<Step, StepWork<unknown>>>,
  ): Promise<void> {
    const specOf = (id: Step): StepSpec => this.#specOf(id);
    await undoAll({ core: this.#core, runner: this.#runner, specOf }, inverses);
  }

  /** Does the work in as many runs as its history needs. */
  acrossRuns<Input, Result>(
    input: Input,
    work: () => Promise<Result>,
  ): Promise<Result> {
    return acrossRuns(
      {
        inFlight: () => this.#runner.inFlight,
        // A successor would not be cancelled, and would not know what is being stopped; and the little that is left fits.
        mayHandOver: () =>
          this.state.course.kind !== "cancelled" &&
          !this.#runner.isStopping &&
          !isOver(this.state),
        handOver: async () => {
          await quiet(this.ears.ledger);
          return continueAsNew<
            (
              input: Input,
              carried: CarriedProcedure<Prepared>,
            ) => Promise<Result>
          >(input, this.#carried());
        },
      },
      work,
    );
  }

  /** Reports, gives back the lock, and ends. @throws CancelledFailure at the end of a run that Temporal cancelled */
  async end({
    outcome,
    sections = [],
  }: EndOptions = {}): Promise<ProcedureResult> {
    const said = outcome ?? outcomeOf(this.state);
    const result = await CancellationScope.nonCancellable(async () => {
      this.#core.dispatch({ kind: "entered", position: { kind: "reporting" } });
      this.#core.tell({ kind: "ended", outcome: said });
      await this.ears.ledger.settled();
      const { ledger } = this.ears;
      const rows = this.progress().steps;
      const [, written] = await Promise.all([
        unlock(this.#parts),
        report(this.#parts, ledger, { outcome: said, rows, sections }),
      ]);
      return written;
    });
    const position = { kind: "ended", outcome: said } as const;
    this.#core.dispatch({ kind: "entered", position });
    this.view.show();
    if (this.state.course.kind === "cancelled")
      throw new CancelledFailure("cancelled");
    return result;
  }

  progress(): ProcedureProgress {
    const now = Date.now();
    return progressOf(this.state, {
      ...{ specs: this.#steps, waiting: this.#runner.waiting, now },
      override: this.#overrides.grantedAt(now),
    });
  }

  pause(by: string, reason?: string): void {
    const why = reason === undefined ? {} : { reason };
    const pause = { by, at: Date.now(), ...why };
    this.#core.dispatch({ kind: "paused", pause });
  }

  resume(): void {
    this.#core.dispatch({ kind: "resumed" });
  }

  wishOverride(by: string, reason: string, hours: number): string {
    const { refusal } = this.#overrides;
    if (refusal !== undefined) return refuseControl(refusal);
    return this.#overrides.wish(by, reason, hours);
  }

  /** The run goes another way: what is in `forward` is cancelled. */
  turn(course: Turn): void {
    this.#forward.turn(course);
    if (this.state.undoStopped === true) this.#runner.stopAll();
    this.#overrides.withdraw("nothing more is to start");
  }

  /** A line of the timeline. */
  note(text: string): void {
    this.#core.note(text);
  }

  /** They were edited. */
  lookAtCalendars(): void {
    this.#runner.lookAtFit();
    this.#window?.poke();
  }

  /** As the activity of a step, or of a watch, tells it. */
  hearProgress(progress: StepProgress): void {
    const watch = watchOf(progress.step);
    if (watch !== undefined && !this.#watches.isWatching(watch)) return;
    this.#core.dispatch({ kind: "progress told", progress });
  }

  obeyFreezes(): void {
    this.#obeyFreezes();
    this.desk.lookAgain();
  }

  #obeyFreezes(): void {
    const { freezes } = this.ears.freezes;
    this.#core.dispatch({ kind: "freezes told", freezes });
  }

  #windowChanged(): void {
    if (isClosed(this.#window)) this.#runner.stopAtClose();
    this.#overrides.lookAgain();
    this.#core.lookAgain();
  }

  #specOf(id: Step): StepSpec<Step> {
    const spec = this.#steps.find((one) => one.id === id);
    return spec ?? { id, title: id, choices: ["retry", "abort"] };
  }

  #carried(): CarriedProcedure<Prepared> {
    const { desk, ledger, freezes } = this.ears;
    return {
      ...{ prepared: this.prepared, state: this.state },
      ...{ desk: desk.packed(), ledger: ledger.packed() },
      window: this.#window?.packed(),
      overrides: this.#overrides.packed(),
      freezes: freezes.latest,
    };
  }
}
