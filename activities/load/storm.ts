import { lastWords } from "../ssh/job-failure";
import type { Ssh } from "../ssh/port";
import { loadError } from "./errors";
import { checkStorm } from "./orders";
import type { StormOrder, StormReport } from "./port";
import { pythonWords, runPython } from "./python";
import { readStorm } from "./reports";
import { stormProgram } from "./storm-program";

const fewFiles = 3;

/** Seconds by which a job outlives the program's own end: the interpreter starts, and sockets are closed. */
const spareS = 60;
/** Connections that a host opens in a second, at the least. */
const leastPerS = 100;

/** Runs the storm's program as a job. */
export async function storm(
  ssh: Ssh,
  order: StormOrder,
  signal?: AbortSignal,
): Promise<StormReport> {
  checkStorm(order);
  const { host, key, holdS, lifeS, giveUpS = patienceS(order) } = order;
  const destinations = order.destinations.map(
    ({ tuple, connections }) => [tuple, connections] as const,
  );
  const words = JSON.stringify({ destinations, holdS, lifeS, giveUpS });
  const argv = pythonWords(stormProgram, [words]);
  const timeoutMs = Math.ceil((giveUpS + spareS) * 1_000);
  const ended = await runPython(ssh, host, { key, argv, timeoutMs }, signal);
  if (ended.exitCode === 0) return readStorm(host.id, ended.stdout);
  throw loadError(ended.exitCode === fewFiles ? "fewFiles" : "stormBroke", {
    seen: `the storm on ${host.id} ended with ${ended.exitCode}${lastWords(ended)}`,
    facts: { host: host.id },
  });
}

/** Time to open all, twice the hold for what breaks it, and half a minute for timeouts. */
function patienceS({ destinations, holdS }: StormOrder): number {
  const all = destinations.reduce((sum, one) => sum + one.connections, 0);
  return Math.ceil(all / leastPerS + 2 * holdS + 30);
}
