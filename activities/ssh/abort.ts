import { setTimeout as delay } from "node:timers/promises";

/** Stops waiting when the signal aborts; the promise itself goes on. @throws the reason of the signal */
export function orAborted<T>(
  promise: Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason as Error);
    if (signal.aborted) return onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    promise
      .then(resolve, reject)
      .finally(() => signal.removeEventListener("abort", onAbort));
  });
}

/** Waits. @throws the reason of the signal, never the timer's own AbortError: an activity must not end by that */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  await orAborted(delay(ms, undefined, signal && { signal }), signal);
}
