import {
  ActivityFailure,
  ApplicationFailure,
  TimeoutFailure,
} from "@temporalio/workflow";
import type { ItemFailure } from "./rollout/state";

/** What an activity's failure says about the item it worked on; matched by `type`, never by class of ours. */
export function failureOf(error: unknown): ItemFailure {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof ApplicationFailure) {
    const [detail] = (cause.details ?? []) as Partial<ItemFailure>[];
    return {
      type: cause.type ?? "unexpected",
      step: detail?.step ?? "visit",
      message: detail?.message ?? cause.message,
      commandEnded: detail?.commandEnded ?? false,
    };
  }
  if (cause instanceof TimeoutFailure) {
    return {
      type: "visit.timedOut",
      step: "visit",
      message: `${cause.message}\nhint: See whether workers are alive; then retry, which joins whatever still runs on the host.`,
    };
  }
  return {
    type: "unexpected",
    step: "visit",
    message: cause instanceof Error ? cause.message : String(cause),
  };
}

/** Ends the run with the whole list of faults as its own message, rather than "activity task failed". */
export function refuseInput(error: unknown): never {
  if (
    error instanceof ActivityFailure &&
    error.cause instanceof ApplicationFailure
  ) {
    throw ApplicationFailure.nonRetryable(
      error.cause.message,
      error.cause.type,
    );
  }
  throw error;
}
