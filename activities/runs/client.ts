import {
  type Client,
  type WorkflowExecutionDescription,
  type WorkflowExecutionStatusName,
  WithStartWorkflowOperation,
} from "@temporalio/client";
import type { Chain, ChainStanding, RunRef, Runs } from "./port";

/** A query waits for a worker; without one the server says so at this time at the latest. */
const askTimeoutMs = 10_000;

/** @param client asked anew for each call: an activity's own client is known only while it runs */
export function createRuns(client: () => Client): Runs {
  return {
    async tell({ workflowType, workflowId, taskQueue }, update, payload) {
      const { workflow } = client();
      return workflow.executeUpdateWithStart(update, {
        args: [payload],
        startWorkflowOperation: new WithStartWorkflowOperation(workflowType, {
          workflowId,
          taskQueue,
          workflowIdConflictPolicy: "USE_EXISTING",
        }),
      });
    },
    async ask(workflowId, query, args) {
      const asked = client();
      const handle = asked.workflow.getHandle(workflowId);
      return orUndefined(() =>
        asked.withDeadline(Date.now() + askTimeoutMs, () =>
          handle.query(query, ...args),
        ),
      );
    },
    standing: async (run) => (await chain(client(), run)).standing,
    chain: (run) => chain(client(), run),
    async retentionMs() {
      const { workflowService, options } = client();
      const { namespace } = options;
      const { config } = await workflowService.describeNamespace({ namespace });
      const { seconds } = config?.workflowExecutionRetentionTtl ?? {};
      return Number(seconds ?? 0) * 1_000;
    },
  };
}

async function chain(
  client: Client,
  { workflowId, rootRunId }: RunRef,
): Promise<Chain> {
  const latest = await describe(client, workflowId);
  if (latest === undefined) return { standing: "unknown" };
  if (firstRunOf(latest) === rootRunId) return chainOf(latest);
  // The id was used again since, so this chain is over.
  const first = await describe(client, workflowId, rootRunId);
  if (first === undefined) return { standing: "unknown" };
  if (standings[first.status.name] !== "unknown") return chainOf(first);
  return { standing: "unknown", closedAt: latest.startTime.getTime() };
}

function chainOf({
  status,
  closeTime,
}: Pick<WorkflowExecutionDescription, "status" | "closeTime">): Chain {
  const standing = standings[status.name];
  return {
    standing,
    ...(standing === "open" || closeTime === undefined
      ? {}
      : { closedAt: closeTime.getTime() }),
  };
}

const standings: Readonly<Record<WorkflowExecutionStatusName, ChainStanding>> =
  {
    RUNNING: "open",
    PAUSED: "open",
    COMPLETED: "completed",
    CANCELLED: "cancelled",
    FAILED: "failed",
    TERMINATED: "terminated",
    TIMED_OUT: "timed out",
    // Of a chain whose id was used again: how its last run ended is not told.
    CONTINUED_AS_NEW: "unknown",
    UNSPECIFIED: "unknown",
    UNKNOWN: "unknown",
  };

const firstRunOf = ({ raw, runId }: WorkflowExecutionDescription): string =>
  raw.workflowExecutionInfo?.firstRunId || runId;

const describe = (
  { workflow }: Client,
  workflowId: string,
  runId?: string,
): Promise<WorkflowExecutionDescription | undefined> =>
  orUndefined(() => workflow.getHandle(workflowId, runId).describe());

/** What is told of a workflow; undefined when there is none. */
async function orUndefined<T>(tell: () => Promise<T>): Promise<T | undefined> {
  try {
    return await tell();
  } catch (error) {
    if ((error as Error).name === "WorkflowNotFoundError") return undefined;
    throw error;
  }
}
