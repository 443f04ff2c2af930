import { randomUUID } from "node:crypto";
import { isRunbookError } from "../errors";
import { putBack } from "../host/put-back";
import type { VisitPlan, VisitRequest } from "../host/port";
import { VisitedHost } from "../host/visited-host";
import { VisitWords } from "../host/visit-words";
import type { RunRef } from "../runs/port";
import { orAborted } from "../ssh/abort";
import type { SshTarget } from "../ssh/port";
import { leaveArgv, readTakeOver, takeOverArgv } from "./free-script";
import type { HostSeen } from "./leftovers";
import type { TraceOfRun } from "./look-script";
import type { Leftover } from "./port";
import type { Sweeping } from "./sweep-host";

/** For what we do on the host ourselves. */
const callMs = 30_000;

const toFree = (kind: Leftover["kind"]) => (one: Leftover) =>
  one.kind === kind && one.todo === "free";

/**
 * Frees what was found, under guard: jobs by their own keys, then the host as its claimant, so that no run can begin there
 * meanwhile, and nothing of a run that has begun since is touched.
 *
 * @returns the same leftovers, each with what became of it @throws the signal's reason, the Temporal client's own errors
 */
export async function freeHost(
  sweeping: Sweeping,
  target: SshTarget,
  seen: HostSeen,
  found: readonly Leftover[],
): Promise<Leftover[]> {
  const jobs: Leftover[] = [];
  for (const job of found.filter(({ kind }) => kind === "job"))
    jobs.push(toFree("job")(job) ? await stopped(sweeping, target, job) : job);
  const others = found.filter(({ kind }) => kind !== "job");
  const isAtWork = jobs.some(({ isFreed }) => isFreed !== true);
  if (isAtWork || !others.some(({ todo }) => todo === "free"))
    return [...jobs, ...others.map((one) => (isAtWork ? kept(one) : one))];
  return [...jobs, ...(await freeClaimed(sweeping, target, seen, others))];
}

const kept = (one: Leftover): Leftover =>
  one.todo === "free"
    ? { ...one, todo: "wait", note: "a job still runs there" }
    : one;

async function stopped(
  { deps, signal }: Sweeping,
  target: SshTarget,
  job: Leftover,
): Promise<Leftover> {
  try {
    await orAborted(deps.ssh.cancelJob(target, job.job ?? ""), signal);
    return { ...job, isFreed: true, note: "stopped" };
  } catch (error) {
    if (signal.aborted || !isRunbookError(error)) throw error;
    const [first = ""] = error.seen.split("\n");
    return { ...job, todo: "person", note: first };
  }
}

/** Owner file and balancer: both need the host to be ours. */
async function freeClaimed(
  sweeping: Sweeping,
  target: SshTarget,
  seen: HostSeen,
  found: readonly Leftover[],
): Promise<Leftover[]> {
  const untouched = await whyUntouched(sweeping, target, seen, found);
  if (untouched !== undefined)
    return found.map((one) =>
      one.todo === "free" ? { ...one, todo: "wait", note: untouched } : one,
    );
  try {
    return await Promise.all(
      found.map(async (one) => {
        if (toFree("drained")(one))
          return rejoined(sweeping, target, seen, one);
        return one.todo === "free" ? { ...one, isFreed: true as const } : one;
      }),
    );
  } finally {
    const argv = leaveArgv(ownerOf(sweeping.order.run));
    await sweeping.deps.ssh.exec(target, { argv, timeoutMs: callMs });
  }
}

/** @returns why nothing may be touched here any more; nothing once the host is ours */
async function whyUntouched(
  { deps, runs, order, signal }: Sweeping,
  target: SshTarget,
  { traces }: HostSeen,
  found: readonly Leftover[],
): Promise<string | undefined> {
  for (const { whose, todo } of found) {
    if (todo !== "free" || whose === undefined) continue;
    // A reset opens a chain that was over.
    const { standing } = await runs.chain(whose);
    if (standing === "open") return `${whose.workflowId} goes on again`;
  }
  const mark = randomUUID();
  const theirs = traces.owner && ownerOf(traces.owner);
  const argv = takeOverArgv(mark, ownerOf(order.run), theirs);
  const call = { argv, timeoutMs: callMs };
  const said = readTakeOver(
    await deps.ssh.exec(target, call, { signal }),
    mark,
  );
  if (said === undefined) return "the host did not say whose it is";
  return "taken" in said ? undefined : `now belongs to ${said.by}`;
}

const ownerOf = ({
  rootRunId,
  workflowId = "",
}: Pick<TraceOfRun, "rootRunId" | "workflowId">): string =>
  `${rootRunId} ${workflowId}`;

/** As the run itself would have put it back at its end. */
async function rejoined(
  sweeping: Sweeping,
  target: SshTarget,
  seen: HostSeen,
  one: Leftover,
): Promise<Leftover> {
  const { whose } = one;
  const plan = whose && (await sweeping.planOf(whose));
  if (whose === undefined || plan === undefined)
    return forPerson(one, "the plan of its run is not in the artifact store");
  const { signal, deps, order } = sweeping;
  const words = new VisitWords(
    onThisHost(plan, target),
    requestFor(whose, order.run, target, seen),
  );
  const progress = { signal, report: () => undefined, now: Date.now };
  try {
    const { outcome } = await putBack(new VisitedHost(deps, words, progress));
    if (outcome === "left out") return forPerson(one, "it is not ready");
    const isBack = outcome === "put back";
    const note = isBack ? "in its balancer again" : "was put back meanwhile";
    return { ...one, isFreed: true, note };
  } catch (error) {
    if (signal.aborted || !isRunbookError(error)) throw error;
    const [first = ""] = error.seen.split("\n");
    return forPerson(one, first);
  }
}

const forPerson = (one: Leftover, why: string): Leftover => ({
  ...one,
  todo: "person",
  note: `left out of its balancer: ${why}; mend the host and sweep again, or put it back by hand`,
});

/** Steps and balancer are those that took it out; the way in is today's. */
const onThisHost = (
  plan: VisitPlan,
  { host, access }: SshTarget,
): VisitPlan => ({ ...plan, access, hosts: [host] });

function requestFor(
  { rootRunId, workflowId }: RunRef,
  claimant: RunRef,
  { host }: SshTarget,
  { traces }: HostSeen,
): VisitRequest {
  const generations: Record<string, number> = {};
  for (const { step, generation, ...job } of traces.jobs)
    if (job.rootRunId === rootRunId)
      generations[step] = Math.max(generation, generations[step] ?? 1);
  return {
    ...{ work: "put back", index: 0, hostId: host.id },
    ...{ rootRunId, workflowId, claimant, generations },
    plan: { key: "", sha256: "", bytes: 0 },
  };
}
