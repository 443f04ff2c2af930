import type { ArtifactStore } from "../../activities/artifacts/port";
import { beating } from "../../activities/beating";
import type { EgressPort, Spread } from "../../activities/egress/port";
import type { Starts } from "../../activities/evidence/port";
import type { PlanningPorts } from "../planning";
import {
  keepMeasured,
  type MeasuredPlan,
  prepareServers,
  type ServersRequest,
} from "../prepare-servers";
import type { EgressPlan, PreparedEgress } from "./contract";
import { type EgressMeasured, planSummary, planText } from "./plan-words";
import { planFor, spreadNow, what } from "./prepare";

export interface EgressMigrationActivities {
  /** Validates the input and freezes the plan; touches no gateway. @throws input.*, config.*, inventory.*, roster.* */
  prepareEgressMigration(request: ServersRequest): Promise<PreparedEgress>;
  /** Keeps the plan with what was measured, for people to approve. @throws artifacts.* */
  describeEgress(
    request: EgressMeasured & {
      readonly folder: string;
      readonly prepared: PreparedEgress;
    },
  ): Promise<MeasuredPlan>;
  /** What the configuration says of it now. @throws config.* */
  readSpread(request: {
    readonly target: string;
  }): Promise<{ readonly spread: Spread }>;
}

interface Dependencies extends PlanningPorts {
  readonly artifacts: ArtifactStore;
  readonly starts: Starts;
}

export function createEgressMigrationActivities(
  deps: Dependencies,
): EgressMigrationActivities {
  return {
    prepareEgressMigration: (request) => beating(() => prepare(request, deps)),
    describeEgress: ({ folder, prepared, ...measured }) =>
      beating(() =>
        keepMeasured(deps.artifacts, folder, planText(prepared.plan, measured)),
      ),
    readSpread: ({ target }) =>
      beating(async () => ({
        spread: spreadNow(target, await deps.configuration.read()),
      })),
  };
}

/** The plan with the gateways as they are now, made without any effect. @throws input.*, config.*, inventory.*, egress.*, ssh.* */
export async function planWithGateways(
  input: unknown,
  {
    egress,
    ...deps
  }: PlanningPorts & { readonly egress?: EgressPort | undefined },
  signal: AbortSignal = new AbortController().signal,
): Promise<string> {
  const kept = { artifacts: keepsNothing, folder: "plan" };
  const plan = await planFor(input, deps, kept);
  if (egress === undefined) return planText(plan);
  const facts = await Promise.all(
    plan.gateways.map((gateway) => egress.inspect(gateway, signal)),
  );
  return planText(plan, { facts });
}

/** Of a plan that nobody carries out. */
const keepsNothing: ArtifactStore = {
  put: async (key) => ({ key, sha256: "", bytes: 0 }),
  get: async () => "",
  peek: async () => undefined,
};

async function prepare(
  { input, ...request }: ServersRequest,
  deps: Dependencies,
): Promise<PreparedEgress> {
  const kept = { artifacts: deps.artifacts, folder: request.folder };
  const plan = await planFor(input, deps, kept, request);
  const words = { what, summary: planSummary(plan), text: planText(plan) };
  const resources = resourcesOf(plan);
  return prepareServers(plan, request, { ...words, lock: { resources } }, deps);
}

/** What a run has to itself: all gateways, staging's, too. */
const resourcesOf = ({ target, gateways, staging }: EgressPlan): string[] =>
  [...gateways, ...staging.gateways].map(
    ({ id, ssh }) => `${target}/${ssh.host.pool}/${id}`,
  );
