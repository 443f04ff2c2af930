import { setTimeout as sleep } from "node:timers/promises";
import { isRunbookError, type RunbookError } from "../../errors";
import type { PostgresPorts } from "../port";
import { isStopped, lookAtServer } from "../server-look";
import { startServer } from "../standby/start-server";
import { recoveryOf, writableOf } from "./ask";
import { switchoverError } from "./errors";
import type { AfterStop, Demoted, DemoteOrder, Stopped } from "./port";
import { hasReplayed, proveTimeline } from "./promote";
import { rejoin } from "./rejoin";
import { swapped } from "./roles";
import { stoppedOf, stopPrimary } from "./stop-primary";

const demoteS = 60;
const pollMs = 1_000;

/** A switchover in the other direction up to its stop, so nothing is lost by it. @throws postgres.notDemoted, postgres.twoOpen */
export async function demote(
  ports: PostgresPorts,
  order: DemoteOrder,
  signal?: AbortSignal,
): Promise<Demoted> {
  try {
    const ended = await endedBefore(ports, order, signal);
    if (ended !== undefined) return { was: "demoted", stopped: ended };
    await proveTimeline(ports, order, signal);
    const seen =
      (await writtenOn(ports, order, signal)) ??
      (await unfollowed(ports, order, signal));
    if (seen !== undefined) return { was: "kept", seen };
    const { timeoutS = demoteS } = order;
    const stop = { ...swapped(order), timeoutS };
    const stopped = await stopPrimary(ports.programs, stop, signal);
    return { was: "demoted", stopped };
  } catch (error) {
    signal?.throwIfAborted();
    throw isRunbookError(error) && !isTwoOpen(error)
      ? notDemoted(order, error)
      : error;
  }
}

/** As an earlier call left it: stopped, and the old primary has its last record. One that merely stopped runs again. */
async function endedBefore(
  ports: PostgresPorts,
  order: DemoteOrder,
  signal?: AbortSignal,
): Promise<Stopped | undefined> {
  const { run, primary, standby: server } = order;
  const look = await lookAtServer(ports.programs, server, signal);
  const old = await standingOf(ports, order, signal);
  if (old.isOpen)
    throw switchoverError(isStopped(look) ? "startedAgain" : "twoOpen", {
      seen: `${primary.id} takes writes`,
      facts: { server: primary.id },
    });
  if (!isStopped(look)) return undefined;
  const ended = stoppedOf(look);
  if (ended !== undefined && old.has(ended)) return ended;
  await startServer(ports.programs, { run, server }, signal);
  return undefined;
}

/** Of the old primary; silence says nothing, for it is fenced. */
async function standingOf(
  { sql }: PostgresPorts,
  { run, primary: server }: AfterStop,
  signal?: AbortSignal,
) {
  try {
    const found = await recoveryOf(sql, { run, server }, signal);
    return {
      isOpen: !found.isInRecovery,
      has: ({ systemIdentifier, checkpoint }: Stopped): boolean =>
        found.systemIdentifier === systemIdentifier &&
        hasReplayed(found.replayLsn ?? "0/0", checkpoint),
    };
  } catch (error) {
    signal?.throwIfAborted();
    if (!isRunbookError(error)) throw error;
    return { isOpen: false, has: () => false };
  }
}

/** Somebody got a transaction id there since the old primary stopped: its way is forward. */
async function writtenOn(
  { sql }: PostgresPorts,
  { run, standby: server, stopped }: AfterStop,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const { nextXid, lsn } = await writableOf(sql, { run, server }, signal);
  const count = BigInt(nextXid) - BigInt(stopped.nextXid);
  if (count === 0n) return undefined;
  return `transactions on ${server.id} since it was promoted: ${count}, up to ${lsn}`;
}

/** The old primary has to be there to go back to; the new one is kept as long as it is not. */
async function unfollowed(
  ports: PostgresPorts,
  order: DemoteOrder,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const { primary, standby, timeoutS = demoteS } = order;
  const until = Date.now() + timeoutS * 1_000;
  for (;;)
    try {
      await rejoin(ports, { ...order, timeoutS }, signal);
      return undefined;
    } catch (error) {
      signal?.throwIfAborted();
      if (!isRunbookError(error) || isTwoOpen(error)) throw error;
      // To be kept it has to be there.
      await proveTimeline(ports, order, signal);
      if (error.failureClass === "human" || Date.now() >= until)
        return `${primary.id} does not follow ${standby.id}: ${error.seen}`;
      await sleep(pollMs, undefined, { signal });
    }
}

const isTwoOpen = ({ type }: RunbookError): boolean =>
  type === "postgres.twoOpen";

const notDemoted = ({ primary, standby }: DemoteOrder, cause: RunbookError) =>
  switchoverError("notDemoted", {
    ...{ seen: `${standby.id} is not closed: ${cause.seen}`, cause },
    facts: { primary: primary.id, standby: standby.id },
  });
