import { randomUUID } from "node:crypto";
import type { SshTarget } from "../ssh/port";
import { readRemoved, removeJobsArgv } from "./free-script";
import type { JobTrace } from "./look-script";
import type { JobFolders } from "./port";
import type { Sweeping } from "./sweep-host";

/** Their names must fit a command line. */
const atOnce = 500;
const callMs = 60_000;

/** Removes what is old when the sweep is told to; a chain that is over never runs a job again. @throws ssh.* */
export async function removeFolders(
  { deps, order, signal }: Sweeping,
  target: SshTarget,
  {
    ended,
    old,
  }: {
    readonly ended: readonly JobTrace[];
    readonly old: readonly JobTrace[];
  },
): Promise<JobFolders> {
  const { mode, olderThanMs } = order;
  if (mode === "look" || olderThanMs === undefined)
    return { kept: ended.length, removed: 0 };
  const before = Date.now() - olderThanMs;
  let removed = 0;
  for (let from = 0; from < old.length; from += atOnce) {
    const ids = old.slice(from, from + atOnce).map(({ id }) => id);
    const mark = randomUUID();
    const argv = removeJobsArgv(mark, before, ids);
    const call = { argv, timeoutMs: callMs };
    removed += readRemoved(await deps.ssh.exec(target, call, { signal }), mark);
  }
  return { kept: ended.length - removed, removed };
}
