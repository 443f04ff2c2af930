import { CancellationScope } from "@temporalio/workflow";
import type { Core } from "./core";
import { undoOrder } from "./decide";
import type { StepRunner, StepWork } from "./runner";
import { type StepSpec, undoOf } from "./spec";

interface Undoing<Step extends string> {
  readonly core: Core;
  readonly runner: StepRunner;
  readonly specOf: (id: Step) => StepSpec;
}

/** Undoes what has begun, the last step first, whoever cancels the run meanwhile; an emergency stop ends it. */
export async function undoAll<Step extends string>(
  parts: Undoing<Step>,
  inverses: Partial<Record<Step, StepWork<unknown>>>,
): Promise<void> {
  const { core } = parts;
  await CancellationScope.nonCancellable(async () => {
    core.dispatch({ kind: "entered", position: { kind: "undoing" } });
    const order = undoOrder(core.state, Object.keys(inverses));
    for (const id of order as readonly Step[]) {
      const work = inverses[id];
      if (work !== undefined && !(await undo(parts, id, work))) return;
    }
  });
}

/** @returns false when an emergency stop has ended it */
async function undo<Step extends string>(
  { core, runner, specOf }: Undoing<Step>,
  id: Step,
  work: StepWork<unknown>,
): Promise<boolean> {
  const spec = specOf(id);
  try {
    await runner.run(undoOf(spec), { work });
    return true;
  } catch (error) {
    if (core.state.undoStopped !== true) throw error;
    core.note(
      `stopped while undoing: ${spec.title} and all before it stay as they are`,
    );
    return false;
  }
}
