import { isRunbookError } from "../errors";
import { jobIdOf } from "../ssh/job-run-file";
import type { VisitResult, VisitStep } from "./port";
import { untilReady } from "./ready";
import { endOf, StepWalk } from "./step-walk";
import { claimOf, lookAt, releaseOf, undoPrefix } from "./timed-verbs";
import type { VisitedHost } from "./visited-host";
import type { VisitWords } from "./visit-words";

/** A host that is not ready by now stays out: nobody waits for it any more. */
const longestReadyMs = 30_000;

/** What brings a host back into service. */
export const undrains: readonly string[] = ["undrain", "balancer-undrain"];

/**
 * Puts a host that an earlier visit left drained back in its balancer when it is ready, and leaves it out when it is not.
 * Either way the host is free for other runs.
 */
export async function putBack(
  host: VisitedHost,
): Promise<Omit<VisitResult, "ms">> {
  const { words } = host;
  const opened = await host.ask([
    ...claimOf(words),
    {
      verb: {
        verb: "out",
        drains: idsOf(words, "drain"),
        undrains: idsOf(words, "undrain"),
      },
    },
  ]);
  if (opened.outSince === 0) return { outcome: "unchanged" };
  await host.stopOpen(opened);
  const steps = words
    .kept(words.plan.steps)
    .filter(({ name }) => undrains.includes(name));
  if (steps.length === 0 || !(await isReady(host))) {
    await host.ask([releaseOf(words)]);
    return { outcome: "left out" };
  }
  // Of this drain: the jobs of another one may stand there, finished.
  const prefix = `put back.${opened.outSince}.`;
  await new StepWalk(host, { steps, prefix }).run(opened);
  return { outcome: "put back" };
}

/** Of the way forward and of an undo alike. */
function idsOf(words: VisitWords, name: string): string[] {
  const named = (steps: readonly VisitStep[]): VisitStep[] =>
    steps.filter((step) => step.name === name);
  return [
    ...words.keysOf(named(words.plan.steps)),
    ...words.keysOf(named(words.plan.undoSteps), undoPrefix),
  ].map(jobIdOf);
}

/** @throws ssh.* when the host cannot be asked */
async function isReady(host: VisitedHost): Promise<boolean> {
  const { plan } = host.words;
  const step = host.words.kept(plan.steps).find(({ name }) => name === "ready");
  if (step === undefined) return true;
  const { signal, report } = host.progress;
  host.enter(step.name);
  try {
    await untilReady({
      hostId: host.words.host.id,
      limitMs: Math.min(longestReadyMs, step.timeoutMs),
      holdMs: 0,
      pollMs: plan.readyPollMs,
      signal,
      report: (standing) => report(step.name, standing),
      look: async (timeoutMs) => {
        const asked = { ...lookAt(step, host.words), timeoutMs };
        return endOf(await host.ask([asked]), step);
      },
    });
    return true;
  } catch (error) {
    if (isRunbookError(error) && error.type === "host.notReady") return false;
    throw error;
  }
}
