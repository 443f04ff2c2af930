import { asApplicationFailure } from "../../activities/application-failure";
import type {
  ArtifactRef,
  ArtifactStore,
} from "../../activities/artifacts/port";
import type { ConfigurationSource } from "../../activities/configuration/port";
import type { Inventory } from "../../activities/inventory/port";
import type { FleetPlan, PreparedFleetUpgrade } from "./contract";
import { planFleetUpgrade, visitTimeoutMs } from "./plan";
import {
  lookUp,
  readInput,
  requireValues,
  requireWorkflowId,
  selectHosts,
} from "./prepare";
import { type ReportFacts, reportMarkdown } from "./report";
import { planSummary, planText } from "./words";

export interface PrepareRequest {
  readonly input: unknown;
  readonly workflowId: string;
  /** Folder of the run's artifacts. */
  readonly folder: string;
}

export interface FleetUpgradeActivities {
  /** Validates the input, resolves the hosts and freezes the plan; changes nothing on any host. @throws input.*, config.*, inventory.* */
  prepareFleetUpgrade(request: PrepareRequest): Promise<PreparedFleetUpgrade>;
  reportFleetUpgrade(request: {
    readonly folder: string;
    readonly facts: ReportFacts;
  }): Promise<{ readonly json: ArtifactRef; readonly markdown: ArtifactRef }>;
}

export interface PlanningDependencies {
  readonly configuration: ConfigurationSource;
  readonly inventory: Inventory;
}

/** The plan for an input, from what configuration and inventory say now. @throws input.*, config.*, inventory.* */
export async function planFor(
  input: unknown,
  { configuration, inventory }: PlanningDependencies,
  workflowId?: string,
): Promise<{ plan: FleetPlan; mode: "plan" | "execute" }> {
  const settings = readInput(input);
  if (workflowId !== undefined) requireWorkflowId(settings, workflowId);
  const facts = lookUp(settings, await configuration.read());
  const hosts = selectHosts(settings, await inventory.resolve(facts.inventory));
  const plan = planFleetUpgrade(settings, { ...facts, hosts });
  requireValues(plan.steps, plan.hosts);
  return { plan, mode: settings.mode };
}

/** One line of JSON: its SHA-256 is the digest of the plan. */
export const planDocument = (plan: FleetPlan): string =>
  `${JSON.stringify(plan)}\n`;

export function createFleetUpgradeActivities(
  deps: PlanningDependencies & { readonly artifacts: ArtifactStore },
): FleetUpgradeActivities {
  const { artifacts } = deps;
  return {
    prepareFleetUpgrade: (request) =>
      withTypedFailures(async () => {
        const { plan, mode } = await planFor(
          request.input,
          deps,
          request.workflowId,
        );
        const ref = await artifacts.put(
          `${request.folder}/plan.json`,
          planDocument(plan),
        );
        return whatHistoryCarries(plan, mode, ref);
      }),
    reportFleetUpgrade: ({ folder, facts }) =>
      withTypedFailures(async () => ({
        json: await artifacts.put(
          `${folder}/report.json`,
          `${JSON.stringify(facts, undefined, 2)}\n`,
        ),
        markdown: await artifacts.put(
          `${folder}/report.md`,
          reportMarkdown(facts),
        ),
      })),
  };
}

function whatHistoryCarries(
  plan: FleetPlan,
  mode: PreparedFleetUpgrade["mode"],
  ref: ArtifactRef,
): PreparedFleetUpgrade {
  const { canaries, slots, allowedFailures, canaryGate, gateExpiresMs } = plan;
  return {
    mode,
    plan: ref,
    rows: plan.hosts.map(({ id, pool, site }) => ({
      id,
      pool,
      ...(site === undefined ? {} : { site }),
    })),
    canaries,
    slots,
    allowedFailures,
    canaryGate,
    gateExpiresMs,
    text: planText(plan, ref),
    summary: planSummary(plan),
    visitTimeoutMs: visitTimeoutMs(plan),
  };
}

async function withTypedFailures<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw asApplicationFailure(error);
  }
}
