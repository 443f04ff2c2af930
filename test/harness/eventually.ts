import { setTimeout as pause } from "node:timers/promises";

const pollMs = 50;

/**
 * Asks again and again until there is an answer: for a state of another process that announces nothing.
 *
 * @throws the last error, or a word about the time, after `withinMs`
 */
export async function eventually<T>(
  ask: () => Promise<T | undefined> | T | undefined,
  withinMs = 60_000,
): Promise<T> {
  const deadline = Date.now() + withinMs;
  let last: unknown = new Error(`no answer within ${withinMs} ms`);
  while (Date.now() < deadline) {
    try {
      const answer = await ask();
      if (answer !== undefined) return answer;
    } catch (error) {
      last = error;
    }
    await pause(pollMs);
  }
  throw last;
}
