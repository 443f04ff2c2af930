import {
  allHandlersFinished,
  CancellationScope,
  condition,
  workflowInfo,
} from "@temporalio/workflow";

/** The server suggests to continue as new from here on (`limit.historyCount.suggestContinueAsNew`); no run gets that far. */
const suggestedEvents = 4_096;
/** What still comes while a run hands over: visits that end, a part of the ledger, the tasks between them. */
const reserve = 400;

export interface HandOverOptions {
  /** Activities in flight at once, each of which may still end while the run hands over. */
  readonly inFlight: () => number;
  /** False where a successor could not go on, as a cancelled run's. */
  readonly mayHandOver: () => boolean;
  /** Continues as new with all that the successor needs; never returns. */
  readonly handOver: () => Promise<never>;
}

/**
 * Does the work, in as many runs as its history needs. A run hands over at any moment: the state that its successor needs
 * is always at hand, and what is in flight is started again there, where it joins what runs on the hosts.
 */
export async function acrossRuns<T>(
  { inFlight, mayHandOver, handOver }: HandOverOptions,
  work: () => Promise<T>,
): Promise<T> {
  const isDue = (): boolean => {
    const { historyLength, continueAsNewSuggested } = workflowInfo();
    const isLong = historyLength >= suggestedEvents - reserve - inFlight();
    return (isLong || continueAsNewSuggested) && mayHandOver();
  };
  // A cancelled run must reach the end of its work, so cancelling does not end this wait.
  const due = CancellationScope.nonCancellable(() => condition(isDue));
  try {
    const first = await Promise.race([
      work().then((result) => ({ result })),
      due.then(() => undefined),
    ]);
    if (first !== undefined) return first.result;
  } finally {
    // An answer that is being judged is told so before its run is gone.
    await CancellationScope.nonCancellable(() =>
      condition(allHandlersFinished),
    );
  }
  return handOver();
}
