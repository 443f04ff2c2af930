import type { GatePolicies } from "../../activities/approvals/port";
import type { HostContract } from "../../activities/host/port";
import type { Host, InventorySource } from "../../activities/inventory/port";
import type { Balancer } from "../../activities/loadbalancer/port";
import type { SshAccess } from "../../activities/ssh/port";
import type { FleetPlan, FleetUpgradeSettings, RolloutPlan } from "./contract";
import { orderHosts, rankHosts } from "./order";
import { stagesOf } from "./stages";
import { buildPlanOf, previewStep, undoSteps, visitSteps } from "./steps";

export interface PlanFacts {
  readonly contract: HostContract;
  readonly inventory: InventorySource;
  readonly access: SshAccess;
  readonly balancer?: Balancer | undefined;
  /** Who may answer which gate. */
  readonly approvals?: GatePolicies | undefined;
  readonly hosts: readonly Host[];
  /** Where the component is built, when it is. */
  readonly buildHost?: Host | undefined;
}

/** The frozen plan: same facts and same seed, same plan, to the byte. */
export function planFleetUpgrade(
  settings: FleetUpgradeSettings,
  facts: PlanFacts,
): FleetPlan {
  const { target, change, component, action, version } = settings;
  const { contract, balancer } = facts;
  const seed = settings.seed ?? target;
  const { canaries, rest } = orderHosts(facts.hosts, seed);
  const visit = {
    steps: visitSteps(contract, settings, balancer),
    undoSteps: undoSteps(contract, settings, balancer),
    minReadyMs: Math.round(contract.minReadyS * 1_000),
  };
  const preview = previewStep(contract, settings);
  const limitMs = visitTimeoutMs(visit);
  const { buildHost } = facts;
  const build =
    contract.build === undefined || buildHost === undefined
      ? undefined
      : buildPlanOf(contract.build, settings, buildHost, facts.access);
  return {
    target,
    change,
    component,
    action,
    ...(version === undefined ? {} : { version }),
    ...(settings.hosts === undefined ? {} : { selection: settings.hosts }),
    seed,
    canaries: canaries.length,
    rollout: rolloutPlan(settings, canaries.length, facts.hosts, limitMs),
    ...visit,
    readyPollMs: Math.round(contract.readyPollS * 1_000),
    ...(preview === undefined ? {} : { preview }),
    ...(balancer === undefined ? {} : { balancer }),
    ...(facts.approvals && { approvals: facts.approvals }),
    ...(build === undefined || action === "restart" ? {} : { build }),
    access: facts.access,
    inventory: facts.inventory,
    hosts: [...canaries, ...rest],
  };
}

function rolloutPlan(
  settings: FleetUpgradeSettings,
  canaries: number,
  { length: hosts }: readonly Host[],
  visitLimitMs: number,
): RolloutPlan {
  const { slots, limits, slowStart, budget, canary, deadlines, census } =
    settings;
  const { hostS, progressS } = deadlines;
  return {
    stages: stagesOf(settings, canaries, hosts),
    slots,
    limits,
    slowStart,
    budget,
    gateExpiresMs: Math.round(canary.expiresAfterH * 3_600_000),
    hostDeadlineMs:
      hostS === undefined ? visitLimitMs : Math.round(hostS * 1_000),
    progressDeadlineMs: Math.round(progressS * 1_000),
    census,
  };
}

/** Upper bound of one visit, there or back: a little more than its steps may take together. */
export function visitTimeoutMs({
  steps,
  undoSteps,
  minReadyMs,
}: Pick<FleetPlan, "steps" | "undoSteps" | "minReadyMs">): number {
  const sums = [steps, undoSteps].map((list) =>
    list.reduce((sum, { timeoutMs }) => sum + timeoutMs, 0),
  );
  return Math.max(...sums) + minReadyMs + 15 * 60_000;
}

/** The same plan with hosts that appeared since, in their rank's order at the end: no row that there was changes. */
export function extendPlan(
  plan: FleetPlan,
  newcomers: readonly Host[],
): FleetPlan {
  return {
    ...plan,
    hosts: [...plan.hosts, ...rankHosts(newcomers, plan.seed)],
  };
}
