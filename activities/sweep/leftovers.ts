/** What the traces on a host mean, once it is known how their chains stand. Pure. */

import type { KnownChain } from "./chains";
import type { JobTrace, TraceOfRun, Traces } from "./look-script";
import type { Leftover, Todo } from "./port";

/** All that is known of a host. */
export interface HostSeen {
  /** `target/pool/host`. */
  readonly where: string;
  readonly traces: Traces;
  /** Ids of the jobs that run. */
  readonly running: ReadonlySet<string>;
  /** By first execution; a run whose workflow nothing tells is in none. */
  readonly chains: ReadonlyMap<string, KnownChain>;
  /** Who has it out of its balancer. */
  readonly out: TraceOfRun | undefined;
  readonly stopJobs: boolean;
}

/** Everything on a host that tells of a run, with the workflow where one of them knows it. */
export function runsOn({ owner, runs, drained, jobs }: Traces): TraceOfRun[] {
  const traces: TraceOfRun[] = [
    ...(owner === undefined ? [] : [owner]),
    ...[...runs, ...drained],
    ...jobs.map(({ rootRunId, ...job }) => ({ rootRunId, since: lastOf(job) })),
  ];
  const known = new Map<string, TraceOfRun>();
  for (const trace of traces) {
    const before = known.get(trace.rootRunId);
    const since = Math.max(trace.since, before?.since ?? 0);
    known.set(trace.rootRunId, { ...trace, ...before, since });
  }
  return [...known.values()];
}

const lastOf = ({
  beganAt = 0,
  endedAt = 0,
  stoppedAt = 0,
}: Pick<JobTrace, "beganAt" | "endedAt" | "stoppedAt">): number =>
  Math.max(beganAt, endedAt, stoppedAt);

/** Jobs that began and left no exit code: they run, or they died. */
export const unendedOf = ({ jobs }: Traces): JobTrace[] =>
  jobs.filter(
    ({ beganAt, endedAt }) => beganAt !== undefined && endedAt === undefined,
  );

/** Folders of jobs that are over, of chains that are over, from before that time. */
export const endedBefore = (
  { traces, chains }: Pick<HostSeen, "traces" | "chains">,
  before: number,
): JobTrace[] =>
  traces.jobs.filter(
    ({ rootRunId, endedAt = Infinity }) =>
      endedAt < before && chains.get(rootRunId)?.standing === "over",
  );

/** The last drain of any run, unless a later undrain of any run has ended well. Seconds decide, as in host-script.ts. */
export function drainOf({ jobs }: Traces): JobTrace | undefined {
  const last = jobs
    .filter(({ step, beganAt }) => step === "drain" && beganAt !== undefined)
    .reduce<JobTrace | undefined>(
      (latest, job) =>
        (job.beganAt ?? 0) > (latest?.beganAt ?? 0) ? job : latest,
      undefined,
    );
  const back = Math.max(
    0,
    ...jobs
      .filter(({ step, exitCode }) => step === "undrain" && exitCode === 0)
      .map(({ endedAt = 0 }) => endedAt),
  );
  return last !== undefined && back < (last.beganAt ?? 0) ? last : undefined;
}

/** @returns nothing of chains that are open: what is theirs is no leftover */
export function leftoversOn(seen: HostSeen): Leftover[] {
  return [...jobsLeft(seen), ...claimLeft(seen), ...drainLeft(seen)];
}

function jobsLeft({
  where,
  traces,
  running,
  chains,
  stopJobs,
}: HostSeen): Leftover[] {
  return unendedOf(traces)
    .filter(({ id }) => running.has(id))
    .flatMap(({ key: job, rootRunId, beganAt: since = 0 }) =>
      leftoverOf({ kind: "job", where, since, job }, chains.get(rootRunId), {
        todo: stopJobs ? "free" : "wait",
        note: stopJobs
          ? "is stopped"
          : "goes on to its end; to stop it: --stop-jobs",
      }),
    );
}

function claimLeft(seen: HostSeen): Leftover[] {
  const { where, traces, running, chains } = seen;
  const { owner } = traces;
  if (owner === undefined) return [];
  const { rootRunId, since } = owner;
  const died = unendedOf(traces).filter(
    (job) => job.rootRunId === rootRunId && !running.has(job.id),
  );
  const steps = died.map(({ step }) => step).join(", ");
  const doubt =
    steps === "" ? "" : `; ${steps} left no exit code: look at the host`;
  return leftoverOf(
    { kind: "claim", where, since },
    chains.get(rootRunId),
    held(seen, `is dropped, other runs may have it${doubt}`),
  );
}

function drainLeft(seen: HostSeen): Leftover[] {
  const { out, traces, chains } = seen;
  if (out === undefined) return [];
  const base = {
    kind: "drained",
    where: seen.where,
    since: out.since,
  } as const;
  const chain = chains.get(out.rootRunId);
  const owner = traces.owner && chains.get(traces.owner.rootRunId)?.standing;
  // Another run has the host, or has been there since and not come to its end: it sees to that.
  const busy = runsOn(traces).some(
    ({ rootRunId, since }) =>
      since >= out.since && chains.get(rootRunId)?.standing === "open",
  );
  if (owner === "open" || busy) return [];
  if (traces.owner !== undefined && owner !== "over")
    return leftoverOf(base, chain, {
      todo: "wait",
      note: "another run has the host",
    });
  const note = "is put back in its balancer, if it is ready";
  return leftoverOf(base, chain, held(seen, note));
}

/** A job that runs keeps its host: nobody else may change it meanwhile. */
function held(seen: HostSeen, note: string): { todo: Todo; note: string } {
  const works = jobsLeft(seen).some(({ todo }) => todo !== "free");
  return works
    ? { todo: "wait", note: "a job still runs there" }
    : { todo: "free", note };
}

/** By how its chain stands; what is to be done once that is over says the last argument. */
export function leftoverOf(
  base: Pick<Leftover, "kind" | "where" | "since" | "job">,
  chain: KnownChain | undefined,
  over: Pick<Leftover, "todo" | "note">,
): Leftover[] {
  if (chain === undefined)
    return [{ ...base, todo: "person", note: "nothing tells whose it is" }];
  const { whose, standing } = chain;
  switch (standing) {
    case "open":
      return [];
    case "over":
      return [{ ...base, whose, ...over }];
    case "ending":
      return [
        {
          ...{ ...base, whose, todo: "wait" },
          note: "its run has just ended, and its workers may not know; sweep again in a minute",
        },
      ];
    case "foreign":
      return [
        {
          ...{ ...base, whose, todo: "person" },
          note: "this Temporal server does not know its run, though it keeps runs for longer: ask whoever runs another one",
        },
      ];
  }
}
