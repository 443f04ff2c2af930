import type { Programs } from "../port";
import { lookAtServer } from "../server-look";
import { standbyError } from "./errors";
import type { ServerOrder } from "./port";
import { stopServer } from "./stop-server";

/**
 * Stops what follows, and nothing else: one that was promoted meanwhile holds what clients have written since.
 *
 * @throws postgres.noStandby, postgres.notStopped, ssh.*
 */
export async function stopStandby(
  programs: Programs,
  order: ServerOrder,
  signal?: AbortSignal,
): Promise<void> {
  const { server } = order;
  const look = await lookAtServer(programs, server, signal);
  if (look.processes > 0 && !look.hasStandbySignal)
    throw standbyError("noStandby", {
      seen: `${server.id} runs without standby.signal`,
      expected: "a standby",
      facts: { server: server.id },
    });
  await stopServer(programs, order, signal);
}
