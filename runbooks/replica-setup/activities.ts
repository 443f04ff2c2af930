import type { ArtifactStore } from "../../activities/artifacts/port";
import { beating } from "../../activities/beating";
import type { Starts } from "../../activities/evidence/port";
import type { PostgresPorts } from "../../activities/postgres/port";
import { preflight } from "../../activities/postgres/preflight/preflight";
import { runMark } from "../../activities/postgres/run-mark";
import type { PlanningPorts } from "../planning";
import {
  keepMeasured,
  type MeasuredPlan,
  prepareServers,
  type ServersRequest,
} from "../prepare-servers";
import { resourcesOf } from "../servers-plan";
import type { PreparedReplicaSetup } from "./contract";
import { workflowId } from "./ids";
import { orderOfPreflight } from "./plan";
import { type Measured, planSummary, planText } from "./plan-words";
import { planFor, what } from "./prepare";

export interface ReplicaSetupActivities {
  /** Validates the input and freezes the plan; touches no server. @throws input.*, config.*, inventory.*, roster.* */
  prepareReplicaSetup(request: ServersRequest): Promise<PreparedReplicaSetup>;
  /** Keeps the plan with what preflight measured, for people to approve. @throws artifacts.* */
  describeReplicaSetup(request: {
    readonly folder: string;
    readonly prepared: PreparedReplicaSetup;
    readonly measured: Measured;
  }): Promise<MeasuredPlan>;
}

interface Dependencies extends PlanningPorts {
  readonly artifacts: ArtifactStore;
  readonly starts: Starts;
}

export function createReplicaSetupActivities(
  deps: Dependencies,
): ReplicaSetupActivities {
  return {
    prepareReplicaSetup: (request) => beating(() => prepare(request, deps)),
    describeReplicaSetup: ({ folder, prepared, measured }) =>
      beating(() =>
        keepMeasured(deps.artifacts, folder, planText(prepared.plan, measured)),
      ),
  };
}

/** The plan with both hosts as they are now, made without any effect. @throws input.*, config.*, inventory.*, ssh.*, postgres.* */
export async function planWithMeasurements(
  input: unknown,
  {
    postgres: ports,
    ...deps
  }: PlanningPorts & { readonly postgres?: PostgresPorts | undefined },
  signal: AbortSignal = new AbortController().signal,
): Promise<string> {
  const plan = await planFor(input, deps);
  if (ports === undefined) return planText(plan);
  const run = runMark({ workflowId: workflowId(plan), rootRunId: "plan" });
  const work = { ports, signal, tell: () => undefined };
  const { checks, facts } = await preflight(
    work,
    orderOfPreflight({ run, plan }),
  );
  return planText(plan, { checks, bytes: facts?.bytes });
}

async function prepare(
  { input, ...request }: ServersRequest,
  deps: Dependencies,
): Promise<PreparedReplicaSetup> {
  const plan = await planFor(input, deps, request);
  const words = { what, summary: planSummary(plan), text: planText(plan) };
  const resources = resourcesOf(plan, [plan.primary, plan.replica]);
  return prepareServers(plan, request, { ...words, lock: { resources } }, deps);
}
