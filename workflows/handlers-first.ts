import type { Next, WorkflowInternalsInterceptor } from "@temporalio/workflow";

type Activate = NonNullable<WorkflowInternalsInterceptor["activate"]>;
type Step = Parameters<Activate>[0];
type Job = NonNullable<Step["activation"]["jobs"]>[number];

/**
 * Tells a run what came before its first task only once its handlers stand: those that it sets before its first await. The
 * SDK keeps signals and Updates until a handler could take them, and a desk, which takes whatever nobody has claimed, is
 * opened first: a freeze or a pause, sent while the run was handed over to its successor, would be refused as unknown, for
 * its own handler stands a line later. Handler by handler they would come out of their order, too.
 */
export class HandlersFirst implements WorkflowInternalsInterceptor {
  activate(
    input: Step,
    next: Next<WorkflowInternalsInterceptor, "activate">,
  ): void {
    const jobs = input.activation.jobs ?? [];
    const isFirst = Boolean(jobs[0]?.initializeWorkflow);
    if (!isFirst || !jobs.some(isTold)) return next(input);
    next(only(input, (job) => !isTold(job)));
    next(only(input, isTold));
  }
}

const isTold = ({ signalWorkflow, doUpdate }: Job): boolean =>
  Boolean(signalWorkflow ?? doUpdate);

function only(input: Step, isMeant: (job: Job) => boolean): Step {
  const jobs = (input.activation.jobs ?? []).filter(isMeant);
  return { ...input, activation: { ...input.activation, jobs } };
}
