import { setTimeout as delay } from "node:timers/promises";
import { isRunbookError } from "../errors";
import type { Transport } from "./transport";

const firstPauseMs = 200;
const longestPauseMs = 5_000;

export interface LinkLoop {
  readonly connect: () => Promise<Transport>;
  /** How long without a word from the host until the loss of the link is passed on. */
  readonly windowMs: (lostAt: number) => number;
  readonly signal: AbortSignal | undefined;
  readonly random: () => number;
}

/**
 * Runs an attempt over a connection, and again over a new one each time the link is lost, with growing, jittered pauses.
 * Every word from the host starts the window anew. Safe only for attempts that join what an earlier one began.
 *
 * @throws what the attempt throws; the loss itself, once the window has passed
 */
export async function overLinks<T>(
  loop: LinkLoop,
  attempt: (transport: Transport, heard: () => void) => Promise<T>,
): Promise<T> {
  let linked = false;
  let lostAt: number | undefined;
  let pauseMs = firstPauseMs;
  const heard = (): void => {
    lostAt = undefined;
    pauseMs = firstPauseMs;
  };
  for (;;) {
    try {
      const transport = await loop.connect();
      linked = true;
      return await attempt(transport, heard);
    } catch (error) {
      lostAt ??= Date.now();
      // A host that cannot be reached to begin with is the caller's to wait for; after that it is a lost link.
      const lost = linked ? isLoss(error) : isLinkLost(error);
      if (!lost || Date.now() - lostAt >= loop.windowMs(lostAt)) throw error;
    }
    const jitter = 0.5 + loop.random() / 2;
    await pause(pauseMs * jitter, loop.signal);
    pauseMs = Math.min(pauseMs * 2, longestPauseMs);
  }
}

/** Waits; rejects with the signal's own reason, never with an AbortError of the timer. */
export async function pause(
  ms: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  try {
    await delay(ms, undefined, signal ? { signal } : {});
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}

function isLinkLost(error: unknown): boolean {
  return isRunbookError(error) && error.type === "ssh.connectionLost";
}

/** Whether an error says that the host cannot be reached any more, for now. */
export function isLoss(error: unknown): boolean {
  if (isLinkLost(error)) return true;
  return (
    isRunbookError(error) &&
    (error.type === "ssh.unreachable" || error.type === "ssh.handshakeRefused")
  );
}
