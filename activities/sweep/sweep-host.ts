import { randomUUID } from "node:crypto";
import { isRunbookError } from "../errors";
import type { VisitDependencies } from "../host/visit-context";
import type { VisitPlan } from "../host/port";
import type { Host } from "../inventory/port";
import type { Runs } from "../runs/port";
import { sshError } from "../ssh/errors";
import type { SshTarget } from "../ssh/port";
import { withinTime } from "../time-limit";
import type { Chains, KnownChain } from "./chains";
import { freeHost } from "./free-host";
import {
  drainOf,
  endedBefore,
  type HostSeen,
  leftoversOn,
  runsOn,
  unendedOf,
} from "./leftovers";
import {
  type JobTrace,
  readTraces,
  type TraceOfRun,
  tracesArgv,
  type Traces,
} from "./look-script";
import { removeFolders } from "./remove-folders";
import type { Findings, HostsOrder } from "./port";

/** What a host's traces are looked at and freed with. */
export interface Sweeping {
  readonly deps: VisitDependencies;
  readonly runs: Runs;
  readonly chains: Chains;
  readonly order: HostsOrder;
  /** The last plan of a run, where the artifact store still has it. @throws artifacts.* */
  readonly planOf: (
    run: Required<Omit<TraceOfRun, "since">>,
  ) => Promise<VisitPlan | undefined>;
  readonly signal: AbortSignal;
}

/** Of one host's answer: thousands of job folders. */
const maxOutputBytes = 8 * 1_024 * 1_024;

/**
 * Looks at one host and frees at once what may be freed, so that no look grows old. Who is over is asked behind the look: a
 * claim that is read then is never that of a run which began since.
 *
 * @returns the host as silent when it cannot be asked @throws the signal's reason, the Temporal client's own errors
 */
export async function sweepHost(
  sweeping: Sweeping,
  target: SshTarget,
): Promise<Findings> {
  const { order, deps, signal } = sweeping;
  const where = whereOf(order.target, target.host);
  const nothing = {
    leftovers: [],
    silent: [],
    folders: { kept: 0, removed: 0 },
  };
  try {
    const seen = await lookAt(sweeping, target, where);
    const found = leftoversOn(seen);
    const folders = await removeFolders(sweeping, target, foldersOf(seen));
    if (order.mode === "look") return { ...nothing, leftovers: found, folders };
    const leftovers = await freeHost(sweeping, target, seen, found);
    return { ...nothing, leftovers, folders };
  } catch (error) {
    if (signal.aborted) throw error;
    return { ...nothing, silent: [{ where, seen: silenceOf(error, order) }] };
  } finally {
    deps.ssh.release(target);
  }

  function foldersOf(seen: HostSeen): {
    readonly ended: readonly JobTrace[];
    readonly old: readonly JobTrace[];
  } {
    const { olderThanMs = Infinity } = order;
    const ended = endedBefore(seen, Infinity);
    return { ended, old: endedBefore(seen, Date.now() - olderThanMs) };
  }
}

/** @throws what says nothing about the host */
function silenceOf(error: unknown, { hostMs }: HostsOrder): string {
  if (isRunbookError(error)) {
    const [first = ""] = error.seen.split("\n");
    return `${first} (${error.type})`;
  }
  if ((error as Error).name === "TimeoutError")
    return `no answer within ${hostMs / 1_000} s`;
  throw error;
}

const whereOf = (target: string, { pool, id }: Host): string =>
  `${target}/${pool}/${id}`;

/** @throws ssh.*; the Temporal client's own errors; artifacts.* */
async function lookAt(
  { deps, chains, order, planOf, signal }: Sweeping,
  target: SshTarget,
  where: string,
): Promise<HostSeen> {
  const inTime = withinTime(order.hostMs, signal);
  const traces = await readHost(deps, target, order.hostMs, inTime);
  const running = new Set<string>();
  for (const { id, key } of unendedOf(traces))
    if (await deps.ssh.isJobRunning(target, key, inTime)) running.add(id);
  const known = new Map<string, KnownChain>();
  for (const { rootRunId, workflowId, since } of runsOn(traces))
    if (workflowId !== undefined)
      known.set(rootRunId, await chains.of({ rootRunId, workflowId }, since));
  const out = await whoDrained(traces, known, planOf);
  const { stopJobs } = order;
  return { where, traces, running, chains: known, out, stopJobs };
}

async function readHost(
  { ssh }: VisitDependencies,
  target: SshTarget,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Traces> {
  const mark = randomUUID();
  const command = { argv: tracesArgv(mark), timeoutMs, maxOutputBytes };
  const traces = readTraces(await ssh.exec(target, command, { signal }), mark);
  if (traces !== undefined) return traces;
  const host = target.host.id;
  const seen = `the shell on ${host} ended before it had told what runs left there`;
  throw sshError("connectionLost", { seen, facts: { host } });
}

/** A component without `undrain` is not out because it was drained once. */
async function whoDrained(
  traces: Traces,
  known: ReadonlyMap<string, KnownChain>,
  planOf: Sweeping["planOf"],
): Promise<TraceOfRun | undefined> {
  const marked = traces.drained.reduce<TraceOfRun | undefined>(
    (latest, mark) =>
      mark.since > (latest?.since ?? 0) ? mark : (latest ?? mark),
    undefined,
  );
  const job = drainOf(traces);
  if (job === undefined) return marked;
  const { rootRunId, beganAt: since = 0 } = job;
  if (marked !== undefined && marked.since >= since) return marked;
  const chain = known.get(rootRunId);
  if (chain === undefined || chain.standing !== "over") return marked;
  const { workflowId } = chain.whose;
  const plan = await planOf({ rootRunId, workflowId });
  const isBrought = plan?.steps.some(({ name }) => name === "undrain") ?? true;
  return isBrought ? { rootRunId, workflowId, since } : marked;
}
