import { isRunbookError } from "../errors";
import { pause } from "./abort";
import type { Transport } from "./transport";

const longestPauseMs = 5_000;

export interface LinkLoop {
  readonly connect: () => Promise<Transport>;
  /** How long without a word from the host until the loss of the link is passed on. */
  readonly windowMs: (lostAt: number) => number;
  /** The first pause; later ones grow. */
  readonly pauseMs: number;
  /** Whether the host has been reached before: then a refused connection counts as a lost link, too. */
  readonly linked: boolean;
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
  let { linked } = loop;
  let lostAt: number | undefined;
  let { pauseMs } = loop;
  const heard = (): void => {
    lostAt = undefined;
    pauseMs = loop.pauseMs;
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
