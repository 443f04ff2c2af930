import {
  CancellationScope,
  CancelledFailure,
  isCancellation,
} from "@temporalio/workflow";
import type { Core } from "./core";
import type { Course, Turn } from "./state";

/** What goes forward, in one scope: a run that turns cancels all of it at once. */
export class Forward {
  #scope: CancellationScope | undefined;

  constructor(private readonly core: Core) {}

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
        await scope.run(work);
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
    this.core.dispatch({ kind: "turned", course });
    if (this.#course.kind !== "forward") this.#scope?.cancel();
  }

  #cancelled(): void {
    this.core.note("cancelled: nothing new starts");
    this.core.dispatch({
      kind: "turned",
      course: { kind: "cancelled", at: Date.now() },
    });
  }

  get #course(): Course {
    return this.core.state.course;
  }
}

/** What leaves a step of a run that has turned. */
export const turnedAway = (): CancelledFailure =>
  new CancelledFailure("the run goes another way");
