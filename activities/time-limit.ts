/**
 * A signal that ends after so many milliseconds with a TimeoutError, or before with the signal's own reason.
 *
 * It stands for AbortSignal.timeout, which is held weakly by AbortSignal.any: with nobody else to hold it, Node 20 may
 * collect it as garbage before its time, and the limit never ends anything. Here the timer holds it.
 */
export function withinTime(ms: number, signal?: AbortSignal): AbortSignal {
  const limit = new AbortController();
  const late = () =>
    limit.abort(new DOMException(`no end within ${ms} ms`, "TimeoutError"));
  // A limit alone keeps no process alive.
  setTimeout(late, ms).unref();
  return signal === undefined
    ? limit.signal
    : AbortSignal.any([signal, limit.signal]);
}
