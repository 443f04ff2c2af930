import {
  CancellationScope,
  isCancellation,
  TemporalFailure,
} from "@temporalio/workflow";
import type { Desk } from "../gate/desk";
import { decidedBy } from "../gate/words";
import type { Window } from "../window/window";
import type { Core } from "./core";
import {
  failedQuestion,
  type Hold,
  holdsOf,
  needsLock,
  nextOf,
  turnsBack,
} from "./decide";
import { stepFailureOf } from "./failure";
import type { FitWatch } from "./fit";
import type { ProcedureLock } from "./lock";
import { fitGate, gateOf, type StepSpec } from "./spec";
import { stopForGood } from "./stop-for-good";
import type { Answered, StepFailure, Turn } from "./state";
import { turnedAway } from "./turn";

export interface StepContext {
  /** From 1; one more with each `retry`. Part of the key of a job, so that a new attempt runs its command anew. */
  readonly attempt: number;
  /** From 1; one more with each window in which an attempt goes on after it was stopped at the close. */
  readonly part: number;
  /** One more with each start, in keys of what was stopped and goes on; absent while that is the attempt's number. */
  readonly generation?: number;
}

export type StepWork<T> = (context: StepContext) => Promise<T>;

export interface StepDeeds<T> {
  readonly work: StepWork<T>;
  /**
   * Ends at the close of the window what goes on by itself when the work is cancelled, and proves it; may be repeated. Of
   * steps with `atClose: "stop"`; absent where a cancelled work leaves nothing.
   */
  readonly stop?: StepWork<void> | undefined;
}

export interface RunnerOptions {
  readonly core: Core;
  readonly desk: Desk;
  readonly lock: ProcedureLock;
  /** Absent: the run keeps to no calendar. */
  readonly window: Window | undefined;
  readonly fit: FitWatch;
  /** Of the plan, to which every answer binds. */
  readonly digest: string;
  readonly gateExpiresMs: number;
  turn(course: Turn): void;
}

interface Running {
  readonly spec: StepSpec;
  readonly scope: CancellationScope;
  /** Absent where a cancelled work leaves nothing. */
  readonly stop: (() => Promise<void>) | undefined;
  isClosing: boolean;
  /** Resolves once nothing of it runs. */
  stopped?: Promise<void>;
}

/** Takes steps through waiting, work, failure and people's answers. What to do next is decided by `nextOf`, here it is done. */
export class StepRunner {
  readonly #running = new Map<string, Running>();
  readonly #waiting = new Map<string, StepSpec>();

  constructor(private readonly options: RunnerOptions) {}

  /** Steps that wait to start, each with what holds it. */
  get waiting(): ReadonlyMap<string, readonly Hold[]> {
    return new Map(
      [...this.#waiting].map(([id, spec]) => [id, this.#holds(spec)]),
    );
  }

  /** Work is being stopped, which a successor would not know, or cannot be joined by one. */
  get mustStay(): boolean {
    return [...this.#running.values()].some(
      ({ spec, scope }) => spec.staysHere === true || scope.consideredCancelled,
    );
  }

  get inFlight(): number {
    return this.#running.size;
  }

  /**
   * Its result; of a step that was skipped or marked done there is none. Done in a former run of the chain it does not run.
   *
   * @throws CancelledFailure when the run turns
   */
  async run<T>(spec: StepSpec, deeds: StepDeeds<T>): Promise<T> {
    try {
      for (;;) {
        const next = nextOf(this.options.core.state, spec.id);
        switch (next.kind) {
          case "return":
            return next.result as T;
          case "leave":
            throw turnedAway();
          case "wait to start":
            await this.#untilFree(spec);
            this.#start(spec);
            break;
          case "work":
            await this.#work(spec, deeds);
            break;
          case "ask":
            await this.#ask(spec);
        }
      }
    } catch (error) {
      if (isCancellation(error))
        this.options.core.dispatch({ kind: "step cut", id: spec.id });
      throw error;
    }
  }

  /** Resolves once no work is in flight any more. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await this.options.core.untilChanged();
  }

  /** Stops all that is under way, undoing included. */
  stopAll(): void {
    for (const { scope } of this.#running.values()) scope.cancel();
  }

  /** The window has closed: what stops at the close stops, and goes on in the next one. */
  stopAtClose(): void {
    for (const running of this.#running.values()) {
      const { spec, scope } = running;
      if (spec.atClose !== "stop" || spec.disruptive !== true) continue;
      if (running.isClosing || scope.consideredCancelled) continue;
      running.isClosing = true;
      this.options.core.note(`${spec.title} stops: its window has closed`);
      scope.cancel();
      if (running.stop !== undefined)
        running.stopped = stopForGood(this.options.core, spec, running.stop);
    }
  }

  #holds(spec: StepSpec): readonly Hold[] {
    const { core, window } = this.options;
    const isWaived = core.state.decisions[fitGate(spec.id)] !== undefined;
    const needMs = isWaived ? 0 : (spec.needMs ?? 0);
    const standing = window?.standing(Date.now(), needMs);
    return holdsOf(core.state, { spec, standing });
  }

  async #untilFree(spec: StepSpec): Promise<void> {
    const { core, lock, fit } = this.options;
    const isTurned = (): boolean =>
      nextOf(core.state, spec.id).kind === "leave";
    const isHeld = (): boolean =>
      this.#holds(spec).some(({ kind }) => kind !== "lock");
    try {
      while (!this.#isFree(spec)) {
        if (isTurned()) throw turnedAway();
        this.#showWaiting(spec);
        if (this.#isClosed(spec)) fit.look(spec);
        if (isHeld()) await core.untilChanged();
        else await lock.take(() => isHeld() || isTurned());
      }
    } finally {
      this.#waiting.delete(spec.id);
      fit.forget(spec);
    }
  }

  #isClosed(spec: StepSpec): boolean {
    return this.#holds(spec).some(({ kind }) => kind === "closed");
  }

  /** The calendars were edited: whether steps fit is looked at again. */
  lookAtFit(): void {
    for (const spec of this.#waiting.values()) this.options.fit.forget(spec);
  }

  #showWaiting(spec: StepSpec): void {
    if (this.#waiting.has(spec.id)) return;
    this.#waiting.set(spec.id, spec);
    this.options.core.lookAgain();
  }

  #isFree(spec: StepSpec): boolean {
    const { state } = this.options.core;
    return this.#holds(spec).length === 0 && !needsLock(state, spec);
  }

  #start(spec: StepSpec): void {
    const { core, window } = this.options;
    const { id, title } = spec;
    if (spec.disruptive === true) window?.begin(Date.now());
    core.dispatch({ kind: "step started", id });
    const { attempt = 1 } = core.state.steps[id] ?? {};
    core.tell({ kind: "step started", step: id, title, attempt });
  }

  async #work<T>(spec: StepSpec, { work, stop }: StepDeeds<T>): Promise<void> {
    const { core } = this.options;
    const { id } = spec;
    const { attempt = 1, part = 1, generation } = core.state.steps[id] ?? {};
    const context = { attempt, part, ...(generation && { generation }) };
    const scope = new CancellationScope({ cancellable: true });
    const running: Running = {
      ...{ spec, scope, isClosing: false },
      stop: stop && (() => stop(context)),
    };
    this.#running.set(id, running);
    try {
      const result = await scope.run(() => work(context));
      if (running.stopped !== undefined) await running.stopped;
      this.#done(spec, result);
    } catch (error) {
      if (running.stopped !== undefined) await running.stopped;
      this.#ended(running, error);
    } finally {
      this.#running.delete(id);
      core.lookAgain();
    }
  }

  /** Not by its own result. What is stopped under its work makes that fail, too, in whatever way. */
  #ended({ spec, scope, isClosing, stopped }: Running, error: unknown): void {
    const { core } = this.options;
    const isStopped =
      isCancellation(error) ||
      (stopped !== undefined && error instanceof TemporalFailure);
    if (!scope.consideredCancelled) this.#failed(spec, error);
    else if (isClosing && isStopped)
      core.dispatch({ kind: "step interrupted", id: spec.id });
    else if (isClosing) this.#failed(spec, error);
    else this.#cut(spec, error);
  }

  #done({ id, title }: StepSpec, result: unknown): void {
    const { core } = this.options;
    core.dispatch({ kind: "step done", id, result });
    const { workedMs: tookMs = 0 } = core.state.steps[id] ?? {};
    core.tell({ kind: "step done", step: id, title, tookMs });
  }

  #failed(spec: StepSpec, error: unknown): void {
    const { core } = this.options;
    const { id, title } = spec;
    const failure = stepFailureOf(error);
    if (turnsBack(core.state, spec)) return this.#turnBack(spec, failure);
    core.dispatch({ kind: "step failed", id, failure });
    const { message } = failure;
    core.tell({ kind: "parked", step: id, title, gate: gateOf(id), message });
  }

  /** Nobody is asked. @throws CancelledFailure */
  #turnBack({ id, title }: StepSpec, failure: StepFailure): never {
    const { core } = this.options;
    const [seen = ""] = failure.message.split("\n");
    const reason = `${title} failed: ${seen}`;
    core.dispatch({ kind: "step cut", id, failure });
    core.note(`${reason}; goes back by itself`);
    const by = "the run itself";
    this.options.turn({ kind: "rolling back", by, reason, at: Date.now() });
    throw turnedAway();
  }

  /** Stopped with its run; what it failed with meanwhile is kept for whoever looks at what it left. */
  #cut({ id, title }: StepSpec, error: unknown): never {
    const { core } = this.options;
    const failure = isCancellation(error) ? undefined : stepFailureOf(error);
    core.dispatch({ kind: "step cut", id, ...(failure && { failure }) });
    core.note(`${title} was cut short`);
    throw turnedAway();
  }

  async #ask(spec: StepSpec): Promise<void> {
    const { core, desk, digest, gateExpiresMs: expiresAfterMs } = this.options;
    const step = core.state.steps[spec.id];
    if (step?.kind !== "parked") return;
    const question = failedQuestion(spec, step, core.state);
    const decision = await desk.ask({ ...question, digest, expiresAfterMs });
    if (decision === undefined) return;
    const { comment, choice } = decision;
    const by = decidedBy(decision);
    const why = comment === undefined ? {} : { comment };
    const answered = (how: Answered["choice"]): void =>
      core.dispatch({
        ...{ kind: "step answered", id: spec.id },
        how: { choice: how, by, ...why },
      });
    if (choice === "retry" || choice === "skip" || choice === "mark done")
      return answered(choice);
    answered("give up");
    const kind = choice === "roll back" ? "rolling back" : "aborted";
    const reason = `${spec.title} failed`;
    this.options.turn({ kind, by, reason, at: Date.now() });
  }
}
