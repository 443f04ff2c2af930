import { Context } from "@temporalio/activity";
import { asApplicationFailure } from "../application-failure";
import type { ArtifactStore } from "../artifacts/port";
import type { VisitPlan } from "../host/port";
import { Build, type BuildDependencies } from "./build";
import type { BuildActivities } from "./port";

const heartbeatMs = 2_000;

export function createBuildActivities(
  deps: BuildDependencies & { readonly artifacts: ArtifactStore },
): BuildActivities {
  return {
    async buildComponent(request) {
      const context = Context.current();
      const signal = context.cancellationSignal;
      let standing = "builds";
      const report = (line: string): void => void (standing = line);
      const beat = setInterval(() => context.heartbeat(standing), heartbeatMs);
      let build: Build | undefined;
      try {
        const plan = JSON.parse(
          await deps.artifacts.get(request.plan),
        ) as VisitPlan;
        build = new Build(deps, plan, request, { signal, report });
        return await build.run();
      } catch (error) {
        if (!signal.aborted) throw asApplicationFailure(error);
        // Only a cancel request stops the command; another attempt joins it.
        if (context.cancellationDetails?.cancelRequested) await build?.stop();
        return await context.cancelled;
      } finally {
        clearInterval(beat);
      }
    },
  };
}
