import type { VisitRequest, VisitResult } from "./port";
import type { Visit } from "./visit";

/** What a heartbeat tells of a visit. */
export interface VisitStanding {
  readonly host: string;
  step: string;
  lastLine: string;
}

export interface RunningVisit {
  readonly visit: Visit;
  readonly standing: VisitStanding;
  /** How it ended; nothing when it was interrupted, so that another one has to go on. */
  readonly end: Promise<VisitEnd | undefined>;
}

export type VisitEnd =
  | { readonly kind: "result"; readonly result: VisitResult }
  | { readonly kind: "failure"; readonly error: unknown };

/**
 * The visits of this worker. A run that continues as new starts its visits again, before the activities of its past know
 * that nobody waits for them: the new one joins instead of meeting the old one on the host.
 */
export class RunningVisits {
  readonly #visits = new Map<string, RunningVisit>();

  find(request: VisitRequest): RunningVisit | undefined {
    return this.#visits.get(keyOf(request));
  }

  /** @param signal aborted when the visit's own activity is interrupted */
  start(
    request: VisitRequest,
    { visit, standing }: Pick<RunningVisit, "visit" | "standing">,
    signal: AbortSignal,
  ): RunningVisit {
    const key = keyOf(request);
    const end = endOf(visit, signal).finally(() => {
      if (this.#visits.get(key) === running) this.#visits.delete(key);
    });
    const running: RunningVisit = { visit, standing, end };
    this.#visits.set(key, running);
    return running;
  }
}

async function endOf(
  visit: Visit,
  signal: AbortSignal,
): Promise<VisitEnd | undefined> {
  try {
    return { kind: "result", result: await visit.run() };
  } catch (error) {
    return signal.aborted ? undefined : { kind: "failure", error };
  }
}

/** The same work on the same host by the same run; what an operator has asked for since is another one. */
function keyOf({
  rootRunId,
  hostId,
  work = "apply",
  generations = {},
  skipped = [],
}: VisitRequest): string {
  const raised = Object.entries(generations).sort(([a], [b]) =>
    a < b ? -1 : 1,
  );
  return JSON.stringify([rootRunId, hostId, work, raised, [...skipped].sort()]);
}
