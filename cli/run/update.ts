import {
  ApplicationFailure,
  type Client,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from "@temporalio/client";
import { type CliFailure, cliError } from "../errors";

const ANSWER_LIMIT_MS = 15_000;

/**
 * Sends an Update and returns what the run says to it.
 *
 * @throws the refusal of that name with the run's own reason, cli.noWorker
 */
export async function answerOf<Answer>(
  client: Client,
  id: string,
  refusal: Extract<
    CliFailure,
    "answerRefused" | "controlRefused" | "keeperRefused"
  >,
  send: () => Promise<Answer>,
): Promise<Answer> {
  try {
    return await client.withDeadline(Date.now() + ANSWER_LIMIT_MS, send);
  } catch (error) {
    if (error instanceof WorkflowUpdateFailedError) {
      const { cause } = error;
      const isTold = cause instanceof ApplicationFailure;
      const seen = isTold ? cause.message : error.message;
      throw cliError(refusal, { seen, facts: { id } });
    }
    if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError)
      throw cliError("noWorker", {
        seen: "no worker took it in time; it may still be taken, and to repeat it does no harm",
        cause: error,
      });
    throw error;
  }
}
