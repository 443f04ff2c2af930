import type { Programs, PostgresServer } from "../port";
import { lookAtServer } from "../server-look";
import { failureOfLog } from "../signatures";
import { standbyError } from "./errors";
import type { ServerOrder, Started } from "./port";

const startTimeoutS = 300;

/** pg_ctl detaches the server from our link. Its exit code says little: after its time the server may still come up. */
const startScript = `
data=$1 seconds=$2 log=$3
mkdir -p "\${log%/*}"
: >"$log"
"$RB_BIN/pg_ctl" -D "$data" -w -t "$seconds" -l "$log" start >/dev/null 2>&1 </dev/null
tail -n 15 "$log"
`;

/**
 * Starts a server that does not run. It comes up as what its files say, a standby or not: that is the caller's to see to.
 *
 * @throws what its log means, such as postgres.settingsTooLow, else postgres.startFailed with its last lines; ssh.*
 */
export async function startServer(
  programs: Programs,
  { server, timeoutS = startTimeoutS }: ServerOrder,
  signal?: AbortSignal,
): Promise<Started> {
  const before = await lookAtServer(programs, server, signal);
  let said = "";
  if (before.processes === 0) {
    const { stdout } = await programs.script(server, {
      script: startScript,
      args: [server.dataDirectory, String(timeoutS), logOf(server)],
      ...{ timeoutMs: (timeoutS + 30) * 1_000, signal },
    });
    said = stdout.trim();
  }
  const after = await lookAtServer(programs, server, signal);
  if (after.processes === 0)
    throw (
      failureOfLog(said, server.id) ??
      standbyError("startFailed", {
        seen: `${server.id} did not start: ${said || "nothing in its log"}`,
        facts: { log: logOf(server) },
      })
    );
  return { standing: after.answers === "accepting" ? "accepting" : "starting" };
}

/** What the server says until it writes its own log. */
const logOf = ({ workFolder }: PostgresServer): string =>
  `${workFolder}/log/server.log`;
