import { Context } from "@temporalio/activity";
import {
  asApplicationFailure,
  toApplicationFailure,
} from "../application-failure";
import type { ArtifactStore } from "../artifacts/port";
import { beating } from "../beating";
import { orAborted } from "../ssh/abort";
import { createPlanCache } from "./plan-cache";
import { askVersions } from "./ask-versions";
import type {
  HostActivities,
  VisitFailure,
  VisitPlan,
  VisitRequest,
} from "./port";
import {
  RunningVisits,
  type RunningVisit,
  type VisitStanding,
} from "./running-visits";
import { Visit } from "./visit";
import { StepFailure, type VisitDependencies } from "./visit-context";

/** A dead worker's slot is free again after the heartbeat timeout; losing a beat is harmless, since a retry joins the job. */
const heartbeatMs = 4_000;

export function createHostActivities(
  deps: VisitDependencies & { readonly artifacts: ArtifactStore },
): HostActivities {
  const loadPlan = createPlanCache<VisitPlan>(deps.artifacts);
  const visits = new RunningVisits();
  return {
    askVersions: ({ plan: ref, rows, atOnce }) =>
      beating(async (signal) => {
        const plan = await loadPlan(ref);
        return askVersions(deps.ssh, plan, rows, { atOnce, signal });
      }),
    async visitHost(request) {
      const context = Context.current();
      const signal = context.cancellationSignal;
      let running: RunningVisit | undefined;
      const beat = setInterval(
        () => context.heartbeat(running?.standing ?? standingAt(request)),
        heartbeatMs,
      );
      try {
        const plan = await loadPlan(request.plan);
        for (;;) {
          running = visits.find(request);
          const joined = running !== undefined;
          running ??= visits.start(request, beginVisit(plan, request), signal);
          const end = await (joined
            ? orAborted(running.end, signal)
            : running.end);
          if (end?.kind === "result") return end.result;
          if (end?.kind === "failure") throw end.error;
          signal.throwIfAborted();
        }
      } catch (error) {
        if (signal.aborted)
          return await endInterrupted(context, running?.visit);
        throw translate(error);
      } finally {
        clearInterval(beat);
      }
    },
  };

  function beginVisit(plan: VisitPlan, request: VisitRequest) {
    const context = Context.current();
    const standing = standingAt(request);
    const beganAt = Date.now();
    const report = (step: string, lastLine = ""): void => {
      Object.assign(standing, { step, lastLine });
      // Each beat is a write on the server: a visit that is over before its first one is due costs none.
      if (Date.now() - beganAt >= heartbeatMs) context.heartbeat(standing);
    };
    // The later of two clocks, for this machine's may be behind that of the server, which has scheduled the visit by its own.
    const behind = context.info.currentAttemptScheduledTimestampMs - beganAt;
    const now = (): number => Date.now() + Math.max(0, behind);
    const progress = { signal: context.cancellationSignal, report, now };
    return { visit: new Visit(deps, plan, request, progress), standing };
  }
}

const standingAt = ({ hostId: host }: VisitRequest): VisitStanding => ({
  ...{ host, step: "open", lastLine: "" },
});

/**
 * Only a cancel request stops what runs on the host; pause, reset, timeout and worker shutdown leave it running for the
 * attempt that joins it. Ends by the CancelledFailure of the context, since an AbortError would be reported as a
 * cancellation that nobody asked for.
 */
async function endInterrupted(
  context: Context,
  visit: Visit | undefined,
): Promise<never> {
  if (context.cancellationDetails?.cancelRequested) {
    await visit?.stop().catch((error: unknown) => {
      throw translate(error);
    });
  }
  return context.cancelled;
}

function translate(error: unknown): unknown {
  if (error instanceof StepFailure) {
    const failure: VisitFailure = {
      type: error.error.type,
      step: error.step,
      message: error.error.message.slice(0, 2_000),
      commandEnded: endsOfCommands.has(error.error.type),
    };
    return toApplicationFailure(error.error, failure);
  }
  return asApplicationFailure(error);
}

/** Failures that tell of the command itself. All others tell of the way to it: it may be running all the while. */
const endsOfCommands: ReadonlySet<string> = new Set([
  "ssh.nonZeroExit",
  "ssh.commandNotFound",
  "ssh.notPermitted",
  "ssh.diskFull",
  "ssh.timedOut",
  "ssh.jobCancelled",
  "ssh.jobUnknown",
  "ssh.lostOnReboot",
]);
