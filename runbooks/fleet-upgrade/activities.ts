import { approvalsFor } from "../../activities/approvals/approvals";
import type {
  ArtifactRef,
  ArtifactStore,
} from "../../activities/artifacts/port";
import { beating } from "../../activities/beating";
import type { Starts } from "../../activities/evidence/port";
import { createPlanCache } from "../../activities/host/plan-cache";
import type { Host } from "../../activities/inventory/port";
import { readApprovals, requireKnownStarter } from "../approvals";
import { allGates } from "../gates";
import type { PlanningPorts } from "../planning";
import { type RunIdentity, settingsOfRun } from "../run-settings";
import { evasions } from "./approvals";
import {
  type CensusActivities,
  createCensusActivities,
  planDocument,
} from "./census";
import type {
  FleetPlan,
  FleetUpgradeSettings,
  PreparedFleetUpgrade,
} from "./contract";
import { forecastMs } from "./forecast";
import { workflowId } from "./ids";
import { pageOf, type PlanPage } from "./pages";
import { planFleetUpgrade, visitTimeoutMs } from "./plan";
import { type KnowledgeSources, learn } from "./knowledge";
import { planSummary, planText } from "./plan-words";
import {
  buildHostOf,
  lookUp,
  readInput,
  requireGrowingStages,
  requireValues,
  requireWayBack,
  selectHosts,
} from "./prepare";
import {
  createReportingActivities,
  type ReportingActivities,
} from "./reporting";
import { resourcesOf } from "./resources";

export type { Newcomers } from "./census";

export interface PrepareRequest extends RunIdentity {
  readonly input: unknown;
  readonly rootRunId: string;
  /** Folder of the run's artifacts. */
  readonly folder: string;
}

export interface FleetUpgradeActivities
  extends CensusActivities, ReportingActivities {
  /** Validates the input, resolves the hosts and freezes the plan; changes nothing on any host. @throws input.*, config.*, inventory.* */
  prepareFleetUpgrade(request: PrepareRequest): Promise<PreparedFleetUpgrade>;
  /** One page of the plan's rows, from 0 on. @throws artifacts.* */
  planRows(request: {
    readonly plan: ArtifactRef;
    readonly page: number;
  }): Promise<PlanPage>;
}

export interface Planned {
  readonly settings: FleetUpgradeSettings;
  readonly plan: FleetPlan;
  /** All hosts of the target, in the inventory's own order. */
  readonly inventory: readonly Host[];
  /** That the target's work keeps to. */
  readonly calendars: readonly string[];
}

/** The plan for an input, from what configuration and inventory say now. @throws input.*, config.*, inventory.* */
export async function planFor(
  input: unknown,
  { configuration, inventory, roster }: PlanningPorts,
  run?: RunIdentity,
): Promise<Planned> {
  const read = readInput(input);
  const settings =
    run === undefined
      ? read
      : settingsOfRun(read, workflowId(read), run, "input of fleetUpgrade");
  const configured = await configuration.read();
  const { calendars, ...facts } = lookUp(settings, configured);
  const approvals = await readApprovals(
    approvalsFor(configured, settings.target),
    roster,
    { gates: allGates, what: "input of fleetUpgrade" },
    (policies) => evasions(policies, settings),
  );
  const all = await inventory.resolve(facts.inventory);
  const hosts = selectHosts(settings, all);
  requireGrowingStages(settings, hosts.length);
  const plan = planFleetUpgrade(settings, {
    ...facts,
    ...{ hosts, approvals },
    buildHost: buildHostOf(facts.contract, all),
  });
  requireValues(allSteps(plan), plan.hosts, plan.balancer);
  requireWayBack(plan, calendars, configured.calendars);
  return { settings, plan, inventory: all, calendars };
}

/** Each step once: the way back has most of its steps from the way there. */
function allSteps({ steps, undoSteps, preview }: FleetPlan) {
  const names = new Set(steps.map(({ name }) => name));
  const back = undoSteps.filter(({ name }) => !names.has(name));
  return [...steps, ...back, ...(preview === undefined ? [] : [preview])];
}

type Dependencies = PlanningPorts &
  Pick<KnowledgeSources, "ssh"> & {
    readonly artifacts: ArtifactStore;
    readonly starts: Starts;
  };

export function createFleetUpgradeActivities(
  deps: Dependencies,
): FleetUpgradeActivities {
  const { artifacts } = deps;
  const loadPlan = createPlanCache<FleetPlan>(artifacts);
  const census = createCensusActivities({ ...deps, loadPlan });
  return {
    prepareFleetUpgrade: (request) =>
      beating((signal) => prepare(request, deps, signal)),
    planRows: ({ plan, page }) =>
      beating(async () => pageOf(await loadPlan(plan), page)),
    findNewcomers: (request) => beating(() => census.findNewcomers(request)),
    publishDesired: (request) => beating(() => census.publishDesired(request)),
    ...createReportingActivities(deps),
  };
}

/** A host's visit must end within the window, and so must its way back. Nothing is reckoned for a host never measured. */
function windowNeeds(
  { undoSteps }: FleetPlan,
  hostMs: number | undefined,
): NonNullable<PreparedFleetUpgrade["window"]> {
  if (hostMs === undefined) return { needMs: 0 };
  return { needMs: undoSteps.length > 0 ? 2 * hostMs : hostMs, hostMs };
}

/** What a build may take besides its command: to the worker, and into the store. */
const transfersMs = 2 * 3_600_000;

async function prepare(
  { input, folder, rootRunId, ...run }: PrepareRequest,
  deps: Dependencies,
  signal: AbortSignal,
): Promise<PreparedFleetUpgrade> {
  const { artifacts } = deps;
  const planned = await planFor(input, deps, run);
  const { plan, settings } = planned;
  if (settings.mode === "execute")
    await requireKnownStarter(
      { ...plan, policies: plan.approvals, what: "input of fleetUpgrade" },
      { ...run, rootRunId },
      deps,
    );
  const snapshot = await artifacts.put(
    `${folder}/snapshot.json`,
    snapshotDocument(planned, Date.now()),
  );
  const ref = await artifacts.put(`${folder}/plan.json`, planDocument(plan));
  const known = await learn(plan, settings, deps, signal);
  const { version, component, canaries, rollout } = plan;
  return {
    mode: settings.mode,
    plan: ref,
    snapshot,
    count: plan.hosts.length,
    canaries,
    rollout,
    canUndo: plan.undoSteps.length > 0,
    ...(version === undefined ? {} : { version }),
    component,
    ...(plan.approvals && { approvals: plan.approvals }),
    isWholeTarget: plan.selection === undefined,
    lock: {
      resources: resourcesOf(plan),
      ...(known.time === undefined
        ? {}
        : { expectedMs: forecastMs(plan, known.time.hostMs) }),
    },
    text: planText(plan, ref, known),
    summary: planSummary(plan),
    visitTimeoutMs: visitTimeoutMs(plan),
    ...(planned.calendars.length === 0
      ? {}
      : { window: windowNeeds(plan, known.time?.hostMs) }),
    ...(plan.build === undefined
      ? {}
      : { buildTimeoutMs: plan.build.step.timeoutMs + transfersMs }),
  };
}

/** What the source told, before any selection; `at` in milliseconds since the epoch. Not part of the plan, whose digest must not depend on the clock. */
function snapshotDocument(
  { plan, inventory }: Pick<Planned, "plan" | "inventory">,
  at: number,
): string {
  return `${JSON.stringify({ source: plan.inventory, at, hosts: inventory })}\n`;
}
