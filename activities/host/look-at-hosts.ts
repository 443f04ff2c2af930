import { setMaxListeners } from "node:events";
import { randomUUID } from "node:crypto";
import { isRunbookError } from "../errors";
import type { Ssh } from "../ssh/port";
import { withinTime } from "../time-limit";
import { eachAtOnce, readingOf } from "./ask-host";
import { lookArgv, readLook } from "./look-script";
import type { HostLook, VisitPlan } from "./port";

export interface LookOptions {
  readonly freeMb: number;
  readonly atOnce: number;
  /** For all hosts together: those whose turn has not come by then are not looked at. */
  readonly limitMs: number;
  readonly signal: AbortSignal;
}

/** Beside the commands of the component. */
const ownTimeMs = 15_000;
/** Of each stream: what a host would do is shown for many hosts. */
const maxOutputBytes = 16_384;

/**
 * Looks at hosts of the plan by one command each, which changes nothing: the way in, what the job protocol needs, the
 * running version, and what the host says that it would do. A host that cannot be asked is a finding, not a failure.
 *
 * @throws the signal's reason
 */
export async function lookAtHosts(
  ssh: Ssh,
  plan: VisitPlan,
  rows: readonly number[],
  options: LookOptions,
): Promise<HostLook[]> {
  const { atOnce, limitMs, signal } = options;
  const inTime = withinTime(limitMs, signal);
  // One signal for all hosts at once: no leak.
  setMaxListeners(0, inTime);
  const looks = await eachAtOnce(rows, atOnce, async (index) => {
    signal.throwIfAborted();
    if (inTime.aborted) return undefined;
    const look = await lookAt(ssh, plan, index, { ...options, signal: inTime });
    signal.throwIfAborted();
    return look;
  });
  return looks.filter((look) => look !== undefined);
}

async function lookAt(
  ssh: Ssh,
  plan: VisitPlan,
  index: number,
  { freeMb, signal }: Pick<LookOptions, "freeMb" | "signal">,
): Promise<HostLook | undefined> {
  const host = plan.hosts[index];
  const version = plan.steps.find(({ name }) => name === "version");
  if (host === undefined || version === undefined) return undefined;
  const target = { host, access: plan.access };
  const { preview } = plan;
  const request = {
    mark: `mark-${randomUUID()}`,
    version: readingOf(version, plan, index),
    preview:
      preview === undefined ? undefined : readingOf(preview, plan, index),
  };
  const timeoutMs = version.timeoutMs + (preview?.timeoutMs ?? 0) + ownTimeMs;
  try {
    const argv = lookArgv(request);
    const command = { argv, timeoutMs, maxOutputBytes };
    const answer = await ssh.exec(target, command, { signal });
    return { index, ...readLook(answer, request, freeMb) };
  } catch (error) {
    if (signal.aborted) return undefined;
    if (!isRunbookError(error)) throw error;
    const what = error.type === "ssh.notPermitted" ? "sudo" : "way in";
    const [seen = ""] = error.seen.split("\n");
    return { index, problems: [{ what, seen: `${seen} (${error.type})` }] };
  } finally {
    ssh.release(target);
  }
}
