import type {
  ArtifactRef,
  ArtifactStore,
} from "../../activities/artifacts/port";
import { isRunbookError } from "../../activities/errors";
import type { Host, Inventory } from "../../activities/inventory/port";
import type { FleetPlan } from "./contract";
import { extendPlan } from "./plan";
import { select } from "./select";

export interface Newcomers {
  /** With the newcomers behind the hosts that it had; the same one when there are none. */
  readonly plan: ArtifactRef;
  readonly added: number;
  /** Why nobody could be asked. */
  readonly note?: string;
}

export interface NewcomersRequest {
  readonly plan: ArtifactRef;
  /** Of the run's artifacts. */
  readonly folder: string;
  /** Number of the extended plan: `plan-2.json` and so on. */
  readonly part: number;
}

export interface DesiredRequest {
  readonly target: string;
  readonly component: string;
  /** Null when nobody knows what the hosts ran before. */
  readonly version: string | null;
  readonly state: "rolling" | "current" | "rolled back" | "unsettled";
  readonly workflowId: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** What the hosts of a target are to run; `runbook converge` and the next run read it. */
export interface Desired extends DesiredRequest {
  /** What they were to run before this run. */
  readonly previous?: string;
}

export interface CensusActivities {
  /**
   * Hosts that the inventory tells now, that the plan's selection means, and that the plan does not have: added to the
   * plan, whose rows stay where they are. An inventory that cannot answer adds none, and the note says so. @throws artifacts.*
   */
  findNewcomers(request: NewcomersRequest): Promise<Newcomers>;
  /** @returns what the hosts were to run before this run @throws artifacts.* */
  publishDesired(
    request: DesiredRequest,
  ): Promise<{ readonly version?: string }>;
}

export interface CensusDependencies {
  readonly artifacts: ArtifactStore;
  readonly inventory: Inventory;
  readonly loadPlan: (ref: ArtifactRef) => Promise<FleetPlan>;
}

export const desiredKey = ({
  target,
  component,
}: Pick<Desired, "target" | "component">): string =>
  `desired/${target}/${component}.json`;

export function createCensusActivities({
  artifacts,
  inventory,
  loadPlan,
}: CensusDependencies): CensusActivities {
  return {
    async findNewcomers({ plan: ref, folder, part }) {
      const plan = await loadPlan(ref);
      const now = await askInventory(inventory, plan);
      if (typeof now === "string") return { plan: ref, added: 0, note: now };
      const newcomers = newcomersOf(plan, now);
      if (newcomers.length === 0) return { plan: ref, added: 0 };
      const extended = extendPlan(plan, newcomers);
      return {
        plan: await artifacts.put(
          `${folder}/plan-${part}.json`,
          planDocument(extended),
        ),
        added: newcomers.length,
      };
    },
    async publishDesired(request) {
      const key = desiredKey(request);
      const stored = await artifacts.peek(key);
      const previous = previousOf(request, stored);
      const desired: Desired = {
        ...request,
        ...(previous === undefined ? {} : { previous }),
      };
      await artifacts.put(key, `${JSON.stringify(desired)}\n`);
      return previous === undefined ? {} : { version: previous };
    },
  };
}

/** One line of JSON: its SHA-256 is the digest of the plan. */
export const planDocument = (plan: FleetPlan): string =>
  `${JSON.stringify(plan)}\n`;

async function askInventory(
  inventory: Inventory,
  plan: FleetPlan,
): Promise<Host[] | string> {
  try {
    return await inventory.resolve(plan.inventory);
  } catch (error) {
    if (!isRunbookError(error)) throw error;
    return `the inventory could not be asked for new hosts: ${error.message}`;
  }
}

/** Hosts of the selection that the plan does not have; a selector that matches none any more is no fault by now. */
export function newcomersOf(
  plan: Pick<FleetPlan, "hosts" | "selection">,
  now: readonly Host[],
): Host[] {
  const planned = new Set(plan.hosts.map(({ id }) => id));
  return select(plan.selection ?? {}, now).filter(({ id }) => !planned.has(id));
}

/**
 * A run that publishes again, or is asked again, must not take its own version for the one before it. What a run left
 * half-way, or began and never ended, was never the version of all hosts.
 */
function previousOf(
  { workflowId }: DesiredRequest,
  stored: string | undefined,
): string | undefined {
  if (stored === undefined) return undefined;
  const before = JSON.parse(stored) as Desired;
  if (before.workflowId === workflowId) return before.previous;
  const isHalf = before.state === "unsettled" || before.state === "rolling";
  return isHalf ? undefined : (before.version ?? undefined);
}
