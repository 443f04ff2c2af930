import { Context } from "@temporalio/activity";
import {
  asApplicationFailure,
  toApplicationFailure,
} from "../application-failure";
import type { ArtifactStore } from "../artifacts/port";
import { createPlanCache } from "./plan-cache";
import { askVersions } from "./ask-versions";
import type { HostActivities, VisitFailure, VisitPlan } from "./port";
import { Visit } from "./visit";
import { StepFailure, type VisitDependencies } from "./visit-context";

/** A dead worker's slot is free again after the heartbeat timeout; losing a beat is harmless, since a retry joins the job. */
const heartbeatMs = 2_000;

export function createHostActivities(
  deps: VisitDependencies & { readonly artifacts: ArtifactStore },
): HostActivities {
  const loadPlan = createPlanCache<VisitPlan>(deps.artifacts);
  return {
    async askVersions({ plan: ref, rows, atOnce }) {
      const context = Context.current();
      const signal = context.cancellationSignal;
      const beat = setInterval(() => context.heartbeat(), heartbeatMs);
      try {
        const plan = await loadPlan(ref);
        return await askVersions(deps.ssh, plan, rows, { atOnce, signal });
      } catch (error) {
        if (signal.aborted) return await context.cancelled;
        throw asApplicationFailure(error);
      } finally {
        clearInterval(beat);
      }
    },
    async visitHost(request) {
      const context = Context.current();
      const seen = { host: request.hostId, step: "open", lastLine: "" };
      const beat = setInterval(() => context.heartbeat(seen), heartbeatMs);
      const report = (step: string, lastLine = ""): void => {
        Object.assign(seen, { step, lastLine });
        context.heartbeat(seen);
      };
      let visit: Visit | undefined;
      try {
        const plan = await loadPlan(request.plan);
        visit = new Visit(deps, plan, request, {
          signal: context.cancellationSignal,
          report,
        });
        return await visit.run();
      } catch (error) {
        if (context.cancellationSignal.aborted)
          return await endInterrupted(context, visit);
        throw translate(error);
      } finally {
        clearInterval(beat);
      }
    },
  };
}

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
