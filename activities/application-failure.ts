import { ApplicationFailure } from "@temporalio/common";
import { isRunbookError, type RunbookError } from "./errors";

/** The failure classes in Temporal's words: what only a person can mend is not retried. */
export function toApplicationFailure(
  error: RunbookError,
  ...details: unknown[]
): ApplicationFailure {
  return ApplicationFailure.create({
    message: error.message,
    type: error.type,
    nonRetryable:
      error.failureClass === "human" || error.failureClass === "stop",
    details,
  });
}

/** A failure of the closed lists in Temporal's words; anything else as it is. */
export function asApplicationFailure(error: unknown): unknown {
  return isRunbookError(error) ? toApplicationFailure(error) : error;
}
