import { getClient } from "@temporalio/activity";
import { evidenceError } from "./errors";
import type { Attest, Starts } from "./port";
import { attestProven } from "./proven";

/** Shows who gave an answer by signatures, and by the history of the server that the activity itself came from. */
export const serverAttest = (): Attest => attestProven(() => getClient());

/** Asks the server that the activity itself came from for the first event of the chain, and for nothing behind it. */
export function serverStarts(): Starts {
  return {
    async startedBy({ workflowId, rootRunId }) {
      const { workflowService, options } = getClient().workflow;
      const { namespace } = options;
      const answer = await workflowService
        .getWorkflowExecutionHistory({
          namespace,
          execution: { workflowId, runId: rootRunId },
          maximumPageSize: 1,
        })
        .catch((cause: unknown) => {
          const seen = `the start of ${workflowId} cannot be read: ${(cause as Error).message}`;
          throw evidenceError("noStart", { seen, cause });
        });
      const [first] = answer.history?.events ?? [];
      const { identity } = first?.workflowExecutionStartedEventAttributes ?? {};
      // A client calls itself what it likes; what the server found out about it goes before that.
      return first?.principal?.name || (identity ?? "");
    },
  };
}
