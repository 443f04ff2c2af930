import { pause } from "../ssh/abort";

/** How long something may take to be as it was written, such as behind a cache. */
export interface Patience {
  readonly withinMs: number;
  readonly everyMs: number;
}

/** Asks until nothing is missing. @returns what was missing in the end, undefined for nothing @throws the reason of the signal */
export async function untilNothingMissing(
  ask: () => Promise<string | undefined>,
  { withinMs, everyMs }: Patience,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    signal?.throwIfAborted();
    const missing = await ask();
    if (missing === undefined || Date.now() >= deadline) return missing;
    await pause(everyMs, signal);
  }
}
