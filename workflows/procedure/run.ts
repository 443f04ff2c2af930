import { CancellationScope, CancelledFailure } from "@temporalio/workflow";
import type { StepProgress } from "../../activities/progress/port";
import { refuseControl } from "../controls/controls";
import { refuseInput } from "../failure-of";
import type { Desk, GateApprovals } from "../gate/desk";
import type { Decision } from "../gate/gate";
import * as calls from "./calls";
import { outcomeOf } from "./decide";
import { endWith, type ProcedureResult } from "./ending";
import { type Ears, type Heard, openHandlers } from "./handlers";
import type { Ask, EndOptions, OpenOptions, StepTerms } from "./options";
import { undoAll } from "./undo-all";
import { inRuns } from "./hop";
import { isClosed } from "./own-window";
import { makeParts, type RunParts } from "./parts";
import { type ProcedureProgress, progressOf } from "./progress";
import type { StepWork } from "./runner";
import { Slips } from "./slips";
import { type PreparedProcedure, type StepSpec, undoOf, watchOf } from "./spec";
import type { Course, ProcedureState, Turn } from "./state";
import type { ProcedureView } from "./view";
import type { WatchLoop } from "./watches";

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
  readonly #parts: RunParts;

  private constructor(
    private readonly options: OpenOptions<Step, Prepared>,
    readonly prepared: Prepared,
    private readonly ears: Ears,
  ) {
    this.#steps = options.steps(prepared);
    this.#parts = makeParts(options, prepared, ears, {
      turn: (course) => this.turn(course),
      windowChanged: () => this.#windowChanged(),
      progress: () => this.progress(),
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
    const { core, window, overrides } = this.#parts;
    if (isNew) core.tell({ kind: "started", summary });
    window?.keep();
    overrides.resume();
    if (window !== undefined)
      new Slips({
        ...{ core, window },
        specOf: (id) => this.#steps.find((spec) => spec.id === id),
      }).keep();
  }

  get view(): ProcedureView {
    return this.#parts.view;
  }

  /** Who may answer which gate. */
  get approvals(): GateApprovals | undefined {
    const { approvals: policies, lock } = this.prepared;
    const { resources } = lock;
    return policies && { target: calls.thisTarget(), resources, policies };
  }

  get state(): ProcedureState {
    return this.#parts.core.state;
  }

  /** Where further questions can be asked and amended. */
  get desk(): Desk {
    return this.ears.desk;
  }

  /** What goes forward; returns where the run goes then. */
  forward(work: () => Promise<void>): Promise<Course> {
    return this.#parts.forward.run(work, () => this.#parts.runner.settled());
  }

  /**
   * @param terms what is known of it only now
   * @throws CancelledFailure when the run turns; let it pass
   */
  step<T>(
    id: Step,
    work: StepWork<T>,
    { stop, ...terms }: StepTerms = {},
  ): Promise<T> {
    const spec = { ...this.#specOf(id), ...terms };
    return this.#parts.runner.run(spec, { work, stop });
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
        this.#parts.core.dispatch({ kind: "decided", decision });
    }
  }

  /** Looks beside the steps until its scope ends. @returns ends it sooner */
  watch(name: string, loop: WatchLoop): () => void {
    return this.#parts.watches.start(name, loop);
  }

  /** From here on nothing can be undone, and nobody is offered it. */
  passPointOfNoReturn(reason: string): void {
    this.#parts.core.dispatch({ kind: "past return", reason });
  }

  /** Inverses of steps that have begun, the last one first; those without an inverse are left. */
  async rollBack(
    inverses: Partial<Record<Step, StepWork<unknown>>>,
  ): Promise<void> {
    const specOf = (id: Step): StepSpec => this.#specOf(id);
    await undoAll(
      { core: this.#parts.core, runner: this.#parts.runner, specOf },
      inverses,
    );
  }

  /** Does the work in as many runs as its history needs. */
  acrossRuns<Input, Result>(
    input: Input,
    work: () => Promise<Result>,
  ): Promise<Result> {
    const { prepared, ears } = this;
    return inRuns({ prepared, ears, parts: this.#parts }, input, work);
  }

  /** Reports, gives back the lock, and ends. @throws CancelledFailure at the end of a run that Temporal cancelled */
  async end({
    outcome,
    sections = [],
  }: EndOptions = {}): Promise<ProcedureResult> {
    const { prepared } = this;
    const { core } = this.#parts;
    const said = outcome ?? outcomeOf(this.state);
    const result = await CancellationScope.nonCancellable(() =>
      endWith({ core, prepared, specs: this.#steps }, this.ears.ledger, {
        ...{ outcome: said, sections },
        rows: () => this.progress().steps,
      }),
    );
    const position = { kind: "ended", outcome: said } as const;
    this.#parts.core.dispatch({ kind: "entered", position });
    this.view.show();
    if (this.state.course.kind === "cancelled")
      throw new CancelledFailure("cancelled");
    return result;
  }

  progress(): ProcedureProgress {
    const now = Date.now();
    return progressOf(this.state, {
      ...{ specs: this.#steps, waiting: this.#parts.runner.waiting, now },
      override: this.#parts.overrides.grantedAt(now),
    });
  }

  pause(by: string, reason?: string): void {
    const why = reason === undefined ? {} : { reason };
    const pause = { by, at: Date.now(), ...why };
    this.#parts.core.dispatch({ kind: "paused", pause });
  }

  resume(): void {
    this.#parts.core.dispatch({ kind: "resumed" });
  }

  wishOverride(by: string, reason: string, hours: number): string {
    const { refusal } = this.#parts.overrides;
    if (refusal !== undefined) return refuseControl(refusal);
    return this.#parts.overrides.wish(by, reason, hours);
  }

  /** The run goes another way: what is in `forward` is cancelled. */
  turn(course: Turn): void {
    this.#parts.forward.turn(course);
    if (this.state.undoStopped === true) this.#parts.runner.stopAll();
    this.#parts.overrides.withdraw("nothing more is to start");
  }

  /** A line of the timeline. */
  note(text: string): void {
    this.#parts.core.note(text);
  }

  /** They were edited. */
  lookAtCalendars(): void {
    this.#parts.runner.lookAtFit();
    this.#parts.window?.poke();
  }

  /** As the activity of a step, or of a watch, tells it. */
  hearProgress(progress: StepProgress): void {
    const { core, watches } = this.#parts;
    const watch = watchOf(progress.step);
    if (watch !== undefined && !watches.isWatching(watch)) return;
    core.dispatch({ kind: "progress told", progress });
  }

  obeyFreezes(): void {
    this.#obeyFreezes();
    this.desk.lookAgain();
  }

  #obeyFreezes(): void {
    const { freezes } = this.ears.freezes;
    this.#parts.core.dispatch({ kind: "freezes told", freezes });
  }

  #windowChanged(): void {
    if (isClosed(this.#parts.window)) this.#parts.runner.stopAtClose();
    this.#parts.overrides.lookAgain();
    this.#parts.core.lookAgain();
  }

  #specOf(id: Step): StepSpec<Step> {
    const spec = this.#steps.find((one) => one.id === id);
    return spec ?? { id, title: id, choices: ["retry", "abort"] };
  }
}
