import { ApplicationFailure } from "@temporalio/workflow";

/**
 * What a message is refused with: a reason for people. The UI shows a failure's stack below its message, and a person who
 * pasted the wrong nonce has no use for files and lines.
 */
export function refused(
  reason: string,
  type: string,
  ...details: unknown[]
): ApplicationFailure {
  const failure = ApplicationFailure.nonRetryable(reason, type, ...details);
  failure.stack = "";
  return failure;
}
