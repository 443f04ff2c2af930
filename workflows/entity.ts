import {
  allHandlersFinished,
  CancellationScope,
  condition,
  continueAsNew,
  getExternalWorkflowHandle,
  isCancellation,
  type SignalDefinition,
  workflowInfo,
} from "@temporalio/workflow";
import type { RunRef } from "../activities/runs/port";
import { refused } from "./refused";

/** What workflows share that live as long as the installation and keep one table, changed by messages. */

/**
 * Where workers have versions an entity always runs on the newest one, for no run of it ever ends. A worker without a version
 * must not name any behaviour: the server takes no task from it.
 */
export const entityOptions = (): {
  readonly versioningBehavior?: "AUTO_UPGRADE";
} =>
  workflowInfo().currentDeploymentVersion?.deploymentName
    ? { versioningBehavior: "AUTO_UPGRADE" }
    : {};

export interface Keeping<Table> {
  /** All that the next run of the chain must know. */
  readonly table: () => Table;
  /** What is to be done now; undefined when nothing is. */
  readonly next: () => (() => Promise<void>) | undefined;
  /** Resolves once there may be something to do, at the latest when it is woken. */
  readonly wait?: (isWoken: () => boolean) => Promise<void>;
}

/** Does what is to be done, and continues as new in between. Cancelled by mistake it would lose its table, so it is not. */
export function keep<Table>({
  table,
  next,
  wait = condition,
}: Keeping<Table>): Promise<never> {
  const isDue = (): boolean => workflowInfo().continueAsNewSuggested;
  return CancellationScope.nonCancellable(async () => {
    for (;;) {
      await wait(() => next() !== undefined || isDue());
      const work = next();
      if (work !== undefined) await work();
      else if (isDue()) {
        await condition(allHandlersFinished);
        await continueAsNew<(carried: Table) => Promise<never>>(table());
      }
    }
  });
}

/** @returns false when the run is not there any more */
export async function reaches<Args extends unknown[]>(
  { workflowId }: RunRef,
  signal: SignalDefinition<Args>,
  ...args: Args
): Promise<boolean> {
  try {
    await getExternalWorkflowHandle(workflowId).signal(signal, ...args);
    return true;
  } catch (error) {
    if (isCancellation(error)) throw error;
    return false;
  }
}

/** For the validator of a person's message. @throws of this type, with every fault */
export function requireNone(faults: readonly string[], type: string): void {
  if (faults.length > 0) throw refused(faults.join("; "), type);
}
