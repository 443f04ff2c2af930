import { isRunbookError } from "../../errors";
import type { PostgresPorts } from "../port";
import { lookAtServer } from "../server-look";
import { startServer } from "../standby/start-server";
import { stopServer } from "../standby/stop-server";
import { isInRecovery } from "./ask";
import { switchoverError } from "./errors";
import { fenceFile } from "./fence-file";
import type { ReopenOrder, Stopped } from "./port";
import { type StandbyStanding, standbyStanding } from "./reopen-step";

/**
 * What became of the standby. A promotion that was asked for may happen long after nobody waits for it any more, so the
 * standby is stopped, and its own files say what it was last. One that turns out to be promoted runs again.
 *
 * @throws postgres.neitherOpen when it can be neither proven
 */
export async function settleStandby(
  ports: PostgresPorts,
  order: ReopenOrder,
  signal?: AbortSignal,
): Promise<"closed" | "promoted"> {
  if (await isPromoted(ports, order, signal)) return "promoted";
  const { promoteBegun, stopped } = order;
  if (!promoteBegun || stopped === undefined) return "closed";
  const standing = await stoppedStanding(ports, order, stopped, signal);
  if (standing === "stopped") return "closed";
  const { run, standby: server } = order;
  if (standing !== "promoted")
    throw neitherOpen(order, `${server.id} is not proven to be stopped`);
  await startServer(ports.programs, { run, server }, signal);
  return "promoted";
}

/** One that was killed says nothing of its end: it is started once more, as the standby that its files make it, and stopped. */
async function stoppedStanding(
  { programs }: PostgresPorts,
  order: ReopenOrder,
  stopped: Stopped,
  signal?: AbortSignal,
): Promise<StandbyStanding> {
  const { run, standby: server, timeoutS } = order;
  const stop = { run, server, timeoutS };
  try {
    const first = standbyStanding(
      await stopServer(programs, stop, signal),
      stopped,
    );
    if (first !== "killed") return first;
    await startServer(programs, { run, server }, signal);
    return standbyStanding(await stopServer(programs, stop, signal), stopped);
  } catch (error) {
    signal?.throwIfAborted();
    const seen = isRunbookError(error) ? error.seen : String(error);
    throw neitherOpen(order, `${server.id}: ${seen}`, error);
  }
}

/** It answers, and is no standby any more. Silence says nothing. */
async function isPromoted(
  { sql, programs }: PostgresPorts,
  { run, standby: server }: ReopenOrder,
  signal?: AbortSignal,
): Promise<boolean> {
  try {
    const { answers } = await lookAtServer(programs, server, signal);
    if (answers !== "accepting") return false;
    return !(await isInRecovery(sql, { run, server }, signal));
  } catch (error) {
    signal?.throwIfAborted();
    if (!isRunbookError(error)) throw error;
    return false;
  }
}

function neitherOpen(
  { primary, standby }: ReopenOrder,
  seen: string,
  cause?: unknown,
) {
  return switchoverError("neitherOpen", {
    ...{ seen, cause, expected: "a standby that was shut down in recovery" },
    facts: {
      ...{ primary: primary.id, standby: standby.id },
      fence: fenceFile(primary),
    },
  });
}
