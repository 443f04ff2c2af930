import type {
  Client,
  WorkflowHandleWithFirstExecutionRunId,
} from "@temporalio/client";
import type { EgressMigrationInput } from "../../../runbooks/egress-migration/contract";
import { workflowId } from "../../../runbooks/egress-migration/ids";
import type { egressMigration } from "../../../runbooks/egress-migration/workflow";
import { uniqueId } from "../../harness/temporal";

export type EgressHandle = WorkflowHandleWithFirstExecutionRunId<
  typeof egressMigration
>;

const seconds = (count: number): number => count / 3_600;
const stage = { holdH: 0, deadlineH: seconds(60) };

/** Nobody waits for days in a test; what the limits mean is tested beside the decisions. */
export const quickly = {
  census: { hours: seconds(0.4), everyS: 0.2, coverage: 50 },
  stress: { holdS: 1, lifeS: 1, factor: 1.5 },
  verify: { gapH: 0 },
  stages: {
    canary: stage,
    ...{ "ramp-10": stage, "ramp-25": stage, "ramp-50": stage },
    "ramp-100": stage,
  },
  pressure: { everyS: 0.2 },
  ...{ drainD: 1, quarantineD: 0 },
} as const satisfies Partial<EgressMigrationInput>;

export interface Ground {
  readonly client: Client;
  readonly taskQueue: string;
  /** The customers' file. */
  readonly customers: string;
}

/** Starts a run in mode execute on target `lab`, quickly and under a change of its own unless the input says otherwise. */
export function startMigration(
  { client, taskQueue, customers }: Ground,
  input: Partial<EgressMigrationInput> = {},
): Promise<EgressHandle> {
  const whole = {
    ...{ target: "lab", change: uniqueId("c"), mode: "execute" as const },
    ...{ customers, ...quickly, ...input },
    stages: { ...quickly.stages, ...input.stages },
  };
  return client.workflow.start<typeof egressMigration>("egressMigration", {
    ...{ taskQueue, workflowId: workflowId(whole), args: [whole] },
  });
}
