import {
  CancellationScope,
  CancelledFailure,
  isCancellation,
} from "@temporalio/workflow";
import type { Desk } from "../gate/desk";
import { decidedBy } from "../gate/words";
import type { Core } from "./core";
import { stepFailureOf } from "./failure";
import type { Course, Turn } from "./state";

interface ForwardOptions {
  readonly core: Core;
  readonly desk: Pick<Desk, "ask">;
  readonly digest: string;
  readonly gateExpiresMs: number;
}

/** What goes forward, in one scope: a run that turns cancels all of it at once. */
export class Forward {
  #scope: CancellationScope | undefined;

  constructor(private readonly options: ForwardOptions) {}

  /**
   * Does the work unless the run has turned already.
   *
   * @returns where the run goes then; a step that still stops has ended by then
   */
  async run(
    work: () => Promise<void>,
    settled: () => Promise<void>,
  ): Promise<Course> {
    if (this.#course.kind === "forward") {
      const scope = new CancellationScope({ cancellable: true });
      this.#scope = scope;
      try {
        await scope.run(() => this.#work(work, settled));
      } catch (error) {
        if (!isCancellation(error)) throw error;
        if (this.#course.kind === "forward") this.#cancelled();
      } finally {
        // What still watches beside the steps ends with them.
        this.#scope = undefined;
        scope.cancel();
      }
    }
    await CancellationScope.nonCancellable(settled);
    return this.#course;
  }

  /** The run goes another way from now on. */
  turn(course: Turn): void {
    this.options.core.dispatch({ kind: "turned", course });
    if (this.#course.kind !== "forward") this.#scope?.cancel();
  }

  /** What fails outside of any step asks, too; then all is gone through again, and what is done is passed over. */
  async #work(
    work: () => Promise<void>,
    settled: () => Promise<void>,
  ): Promise<void> {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (isCancellation(error)) throw error;
        const { message } = stepFailureOf(error);
        await settled();
        await this.#ask(message);
      }
    }
  }

  async #ask(message: string): Promise<void> {
    const { core, desk, digest, gateExpiresMs: expiresAfterMs } = this.options;
    const isBack = core.state.forwardOnly === undefined;
    const [seen = ""] = message.split("\n");
    core.note(`failed between two steps: ${message}`);
    const decision = await desk.ask({
      ...{ id: "failed-procedure", digest, expiresAfterMs },
      title: `The run failed between two steps: ${seen}. What now?`,
      choices: ["retry", ...(isBack ? ["roll back"] : []), "abort"],
    });
    if (decision === undefined || decision.choice === "retry") return;
    const kind = decision.choice === "abort" ? "aborted" : "rolling back";
    const by = decidedBy(decision);
    this.turn({ kind, by, reason: "it failed", at: Date.now() });
    throw turnedAway();
  }

  #cancelled(): void {
    this.options.core.note("cancelled: nothing new starts");
    this.options.core.dispatch({
      kind: "turned",
      course: { kind: "cancelled", at: Date.now() },
    });
  }

  get #course(): Course {
    return this.options.core.state.course;
  }
}

/** What leaves a step of a run that has turned. */
export const turnedAway = (): CancelledFailure =>
  new CancelledFailure("the run goes another way");
