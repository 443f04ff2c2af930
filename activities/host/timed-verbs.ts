import { jobIdOf } from "../ssh/job-run-file";
import type { HostVerb } from "./host-call";
import type { VisitStep } from "./port";
import type { VisitWords } from "./visit-words";

/** A verb of a call, and for the command of a step its own time limit. */
export interface TimedVerb {
  readonly verb: HostVerb;
  readonly step?: VisitStep;
  readonly timeoutMs?: number;
}

/** Before the steps' names in the keys of an undo's jobs, which may be called as those of the way forward. */
export const undoPrefix = "undo.";

/** Claims the host for this run and looks whether the run has begun to change it. */
export function claimOf(words: VisitWords): TimedVerb[] {
  const jobs = words.keysOf(words.plan.steps).map(jobIdOf);
  return [
    { verb: { verb: "claim", owner: words.owner } },
    { verb: { verb: "begun", jobs } },
  ];
}

export function releaseOf({ owner }: VisitWords): TimedVerb {
  return { verb: { verb: "release", owner } };
}

export function lookAt(step: VisitStep, words: VisitWords): TimedVerb {
  const line = words.line(step);
  const verb: HostVerb = { verb: "look", step: step.name, line };
  return { verb, step, timeoutMs: step.timeoutMs };
}

export function versionOf(
  step: VisitStep,
  words: VisitWords,
  wanted: string | undefined,
): TimedVerb {
  const verb: HostVerb = { verb: "version", wanted, line: words.line(step) };
  return { verb, step, timeoutMs: step.timeoutMs };
}

/** What runs before the first effect; nothing is asked where an operator said to leave `version` out. */
export function beforeOf(
  steps: readonly VisitStep[],
  words: VisitWords,
): TimedVerb[] {
  const step = steps.find(({ name }) => name === "version");
  if (step === undefined) return [];
  const unless = words.plan.version;
  const verb: HostVerb = { verb: "before", unless, line: words.line(step) };
  return [{ verb, step, timeoutMs: step.timeoutMs }];
}

/** What a host that boots later must run; the previous version where none is named. */
export function desiredOf(words: VisitWords, version?: string): TimedVerb {
  const { component, change } = words.plan;
  const about = `${change} ${words.request.rootRunId}`;
  const at = new Date().toISOString();
  return { verb: { verb: "desired", component, version, about, at } };
}

/** Before the balancer is asked the host must know, so that whoever comes next can put it back. */
export function drainedOf(
  { name }: VisitStep,
  { owner }: VisitWords,
): TimedVerb {
  return { verb: { verb: "drained", step: name, owner } };
}
