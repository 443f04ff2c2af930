import { isRunbookError } from "../errors";
import { pause } from "../ssh/abort";
import type { ExecResult } from "../ssh/port";
import { hostError } from "./errors";

export interface ReadyRequest {
  readonly hostId: string;
  /** The host must have become ready within this time; what it takes to hold comes on top. */
  readonly limitMs: number;
  readonly holdMs: number;
  readonly pollMs: number;
  readonly signal: AbortSignal;
  readonly report: (standing: string) => void;
  /** Asks the host once; exit code 0 is "ready". `last`: when it is ready now, it is not asked again. */
  readonly look: (
    timeoutMs: number,
    last: boolean,
  ) => Promise<Pick<ExecResult, "exitCode" | "stdout" | "stderr">>;
}

export interface Clock {
  /** Milliseconds. */
  now(): number;
  /** @throws the reason of the signal */
  pause(ms: number, signal: AbortSignal): Promise<void>;
}

/**
 * Ready counts only when it held without a gap; a single good answer may be luck.
 *
 * @throws host.notReady; ssh.* when the host cannot be asked
 */
export async function untilReady(
  request: ReadyRequest,
  clock: Clock = { now: Date.now, pause },
): Promise<void> {
  const { limitMs, holdMs, pollMs, signal } = request;
  const deadline = clock.now() + limitMs;
  let readySince: number | undefined;
  for (;;) {
    const heldMs = readySince === undefined ? 0 : clock.now() - readySince;
    const refusal = await refusalOf(request, heldMs >= holdMs);
    const now = clock.now();
    readySince = refusal === undefined ? (readySince ?? now) : undefined;
    const leftMs = (readySince ?? Infinity) + holdMs - now;
    if (leftMs <= 0) return;
    // A hold that began within the limit may go on behind it.
    if (refusal !== undefined && now >= deadline)
      throw notReady(request, refusal);
    request.report(refusal === undefined ? "ready, holding" : "not ready");
    const untilDue = refusal === undefined ? leftMs : deadline - now;
    await clock.pause(Math.min(pollMs, untilDue), signal);
  }
}

/** Why the host is not ready; nothing when it is. A probe that hangs is an answer too: the service accepts nobody. */
async function refusalOf(
  request: ReadyRequest,
  last: boolean,
): Promise<string | undefined> {
  const timeoutMs = probeTimeoutMs(request.limitMs);
  try {
    const { exitCode, stdout, stderr } = await request.look(timeoutMs, last);
    if (exitCode === 0) return undefined;
    const said = (stderr.trim() || stdout.trim()).split("\n").at(-1) ?? "";
    return `exit ${exitCode} ${said.slice(0, 200)}`.trim();
  } catch (error) {
    if (isRunbookError(error) && error.type === "ssh.timedOut")
      return `none within ${timeoutMs / 1_000} s`;
    throw error;
  }
}

/** A tenth of the limit, from 10 to 60 s: one hanging probe must not use up the time of the others. */
export const probeTimeoutMs = (limitMs: number): number =>
  Math.min(limitMs, Math.max(10_000, Math.min(60_000, limitMs / 10)));

function notReady(
  { hostId, limitMs, holdMs }: ReadyRequest,
  refusal: string,
): Error {
  const held = holdMs > 0 ? ` for ${holdMs / 1_000} s in a row` : "";
  return hostError("notReady", {
    seen: `${hostId} was not ready${held} within ${limitMs / 1_000} s; last answer: ${refusal}`,
    facts: { host: hostId },
  });
}
