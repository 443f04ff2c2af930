import { lastWords } from "../../ssh/job-failure";
import type { Programs } from "../port";
import { isStopped, lookAtServer, type ServerLook } from "../server-look";
import { standbyError } from "./errors";
import type { ServerOrder } from "./port";

const stopTimeoutS = 300;

/**
 * Stops a server by a fast shutdown, and proves it by its processes and its port. A server that does not run is stopped.
 *
 * @returns how it was found afterwards @throws postgres.notStopped, ssh.*
 */
export async function stopServer(
  programs: Programs,
  { server, timeoutS = stopTimeoutS }: ServerOrder,
  signal?: AbortSignal,
): Promise<ServerLook> {
  const before = await lookAtServer(programs, server, signal);
  if (isStopped(before)) return before;
  const ended = await programs.run(server, {
    argv: [
      ...(["pg_ctl", "-D", server.dataDirectory, "stop"] as const),
      ...["-m", "fast", "-w", "-t", String(timeoutS)],
    ],
    ...{ timeoutMs: (timeoutS + 30) * 1_000, signal },
  });
  const after = await lookAtServer(programs, server, signal);
  if (isStopped(after)) return after;
  throw standbyError("notStopped", {
    seen: `${server.id} still has ${after.processes} processes in its data directory and ${after.answers === "nothing" ? "no answer" : `an answer (${after.answers})`} at its port${lastWords(ended)}`,
    expected: "no process and no answer",
    facts: { place: server.dataDirectory },
  });
}
