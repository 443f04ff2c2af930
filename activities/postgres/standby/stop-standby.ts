import type { Programs } from "../port";
import { lookAtServer, type ServerLook } from "../server-look";
import { standbyError } from "./errors";
import type { ServerOrder } from "./port";
import { stopServer } from "./stop-server";

/**
 * Stops a standby, and nothing else: PostgreSQL removes `standby.signal` when it promotes, so a server without it takes
 * writes, or did so last.
 *
 * @throws postgres.noStandby before anything is stopped; postgres.notStopped, ssh.*
 */
export async function stopStandby(
  programs: Programs,
  order: ServerOrder,
  signal?: AbortSignal,
): Promise<void> {
  const { server } = order;
  assertStandby(server.id, await lookAtServer(programs, server, signal));
  await stopServer(programs, order, signal);
}

function assertStandby(id: string, look: ServerLook): void {
  if (look.folder === "absent" || look.hasStandbySignal) return;
  throw standbyError("noStandby", {
    seen: `${id} is no standby any more: it has no standby.signal, and its files say \`${look.control?.state ?? "nothing"}\``,
    expected: "a standby",
    facts: { server: id },
  });
}
