import type { PostgresPorts, Programs } from "../port";
import { nameOf } from "../run-mark";
import type { ServerLook } from "../server-look";
import { stopServer } from "../standby/stop-server";
import { switchoverError } from "./errors";
import type { Stopped, StopOrder, SwitchOrder } from "./port";

const checkpointMs = 600_000;

/** @throws postgres.* */
export async function checkpoint(
  { sql }: PostgresPorts,
  { run, primary }: SwitchOrder,
  signal?: AbortSignal,
): Promise<void> {
  await sql.query(
    primary.sql,
    {
      ...{ applicationName: nameOf(run), signal },
      statementTimeoutMs: checkpointMs,
    },
    "CHECKPOINT",
  );
}

/**
 * A fast shutdown: transactions that still run are rolled back, and every standby gets the last record.
 *
 * @throws postgres.notStopped, postgres.notShutDown, ssh.*
 */
export async function stopPrimary(
  programs: Programs,
  { run, primary, timeoutS }: StopOrder,
  signal?: AbortSignal,
): Promise<Stopped> {
  const look = await stopServer(
    programs,
    { run, server: primary, timeoutS },
    signal,
  );
  const stopped = stoppedOf(look);
  if (stopped !== undefined) return stopped;
  throw switchoverError("notShutDown", {
    seen: `${primary.id} is ${look.control?.state ?? "unreadable"}`,
    expected: "shut down",
    facts: { server: primary.id },
  });
}

/** The end of a primary that stopped cleanly, the new one included on the way back; nothing for any other. */
export function stoppedOf({ control }: ServerLook): Stopped | undefined {
  if (control?.state !== "shut down") return undefined;
  const { systemIdentifier, checkpoint: end, timeline, nextXid } = control;
  return { systemIdentifier, checkpoint: end, timeline, nextXid };
}
