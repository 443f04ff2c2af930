import { setMaxListeners } from "node:events";
import { Context } from "@temporalio/activity";
import { asApplicationFailure } from "./application-failure";

/** Well within the heartbeat timeout of every retry class. */
const heartbeatMs = 2_000;

/**
 * An activity's work with its heartbeats, so that what a dead worker left is tried again within seconds instead of after
 * the activity's whole time. Failures of ours keep their type; an interruption ends by the context's CancelledFailure,
 * since an AbortError would be reported as a cancellation that nobody asked for.
 */
export async function beating<T>(
  work: (signal: AbortSignal) => Promise<T>,
  /** What each heartbeat says; shown beside the activity in the UI. */
  details: () => unknown = () => undefined,
): Promise<T> {
  const context = Context.current();
  // One signal for all that the work does at once, such as questions to 100 hosts: no leak.
  setMaxListeners(0, context.cancellationSignal);
  const beat = setInterval(() => context.heartbeat(details()), heartbeatMs);
  try {
    return await work(context.cancellationSignal);
  } catch (error) {
    if (context.cancellationSignal.aborted) return await context.cancelled;
    throw asApplicationFailure(error);
  } finally {
    clearInterval(beat);
  }
}
