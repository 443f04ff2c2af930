import type { Next, WorkflowInternalsInterceptor } from "@temporalio/workflow";
import { refused } from "./refused";

type Activate = NonNullable<WorkflowInternalsInterceptor["activate"]>;
type Activation = Parameters<Activate>[0]["activation"];

/** The last task that brought something, and the last event that was seen with it. */
interface Task {
  /** Its start, to the nanosecond, and the history's size by then; both grow with each task. */
  readonly start: string;
  readonly events: number;
}

/**
 * Keeps a run from events that have come ahead of their task. A query carries all events that the server has by then; of
 * those that no task has brought yet, the SDK would make steps of the run, at the time of the task before, and in portions
 * that no replay sees again: commands decided by the clock, or by what comes first, would then not fit the history, and the
 * run would hang (TMPRL1100). Here that query fails instead, which has the worker forget the run and build it anew from its
 * history, and whoever asked asks again.
 */
export class EarlyEvents implements WorkflowInternalsInterceptor {
  #last: Task | undefined;

  activate(
    input: Parameters<Activate>[0],
    next: Next<WorkflowInternalsInterceptor, "activate">,
  ): void {
    const { activation } = input;
    if (bringsEvents(activation)) this.#look(taskOf(activation));
    next(input);
  }

  #look(task: Task | undefined): void {
    const last = this.#last;
    this.#last = task;
    if (task === undefined || task.start !== last?.start) return;
    // A task may go on in several steps, but it brings no further events.
    if (task.events > last.events) throw refused(askAgain, "query.early");
  }
}

/** What the question is refused with. */
export const askAgain =
  "events have come that no task has brought to the run yet\nhint: Ask again in a second; a run that was terminated before it saw them answers no more.";

const bringsEvents = ({ jobs }: Activation): boolean =>
  (jobs ?? []).some(({ queryWorkflow }) => !queryWorkflow);

/** @returns undefined of a server that tells no sizes: its tasks cannot be told apart for sure */
function taskOf({
  timestamp,
  historySizeBytes,
  historyLength,
}: Activation): Task | undefined {
  const size = String(historySizeBytes ?? 0);
  if (size === "0") return undefined;
  const at = `${String(timestamp?.seconds)}.${String(timestamp?.nanos)}`;
  return { start: `${at} ${size}`, events: historyLength ?? 0 };
}
