import type { ArtifactStore } from "../../activities/artifacts/port";
import { beating } from "../../activities/beating";
import type { Starts } from "../../activities/evidence/port";
import type { Check, PostgresPorts } from "../../activities/postgres/port";
import { runMark } from "../../activities/postgres/run-mark";
import { guards } from "../../activities/postgres/switchover/guards";
import type { PlanningPorts } from "../planning";
import {
  keepMeasured,
  type MeasuredPlan,
  prepareServers,
  type ServersRequest,
} from "../prepare-servers";
import { resourcesOf } from "../servers-plan";
import type { PreparedSwitchover } from "./contract";
import { workflowId } from "./ids";
import { guardOrderOf, planText, stepsOf, switchSummary } from "./plan-words";
import { planFor, what } from "./prepare";

export interface PrepareSwitchover extends ServersRequest {
  /** Another run has started it, which had a starter. */
  readonly isChild: boolean;
}

export interface SwitchoverRunActivities {
  /** Validates the input and freezes the plan; touches no server. @throws input.*, config.*, inventory.*, roster.* */
  prepareSwitchover(request: PrepareSwitchover): Promise<PreparedSwitchover>;
  /** Keeps the plan with what the guards measured, for people to approve. @throws artifacts.* */
  describeSwitchover(request: {
    readonly folder: string;
    readonly prepared: PreparedSwitchover;
    readonly checks: readonly Check[];
  }): Promise<MeasuredPlan>;
}

interface Dependencies extends PlanningPorts {
  readonly artifacts: ArtifactStore;
  readonly starts: Starts;
}

export function createSwitchoverRunActivities(
  deps: Dependencies,
): SwitchoverRunActivities {
  return {
    prepareSwitchover: (request) => beating(() => prepare(request, deps)),
    describeSwitchover: ({ folder, prepared, checks }) =>
      beating(() =>
        keepMeasured(deps.artifacts, folder, planText(prepared.plan, checks)),
      ),
  };
}

/** The plan without any effect; where servers can be asked, with what the guards measure now. */
export async function planWithGuards(
  input: unknown,
  {
    postgres: ports,
    ...deps
  }: PlanningPorts & { readonly postgres?: PostgresPorts | undefined },
  signal?: AbortSignal,
): Promise<string> {
  const plan = await planFor(input, deps);
  if (ports === undefined) return planText(plan);
  const run = runMark({ workflowId: workflowId(plan), rootRunId: "plan" });
  return planText(
    plan,
    await guards(ports, guardOrderOf({ run, plan }), signal),
  );
}

async function prepare(
  { input, isChild, ...request }: PrepareSwitchover,
  deps: Dependencies,
): Promise<PreparedSwitchover> {
  const plan = await planFor(input, deps, request);
  const summary = switchSummary(plan.settings);
  const resources = resourcesOf(plan, [plan.primary, plan.standby]);
  const lock = { resources, expectedMs: expectedMs(plan) };
  const words = { what, summary, text: planText(plan) };
  const needsStarter = !isChild;
  return prepareServers(plan, request, { ...words, lock, needsStarter }, deps);
}

/** There, and in the worst case back again. */
const expectedMs = ({ settings }: PreparedSwitchover["plan"]): number =>
  stepsOf(settings).find(({ id }) => id === "guards")?.needMs ?? 0;
