import type { ArtifactStore } from "../../activities/artifacts/port";
import { isRunbookError } from "../../activities/errors";
import { lookAtHosts } from "../../activities/host/look-at-hosts";
import type { Ssh } from "../../activities/ssh/port";
import { type Findings, findingsOf, sampleOf } from "./checks";
import type { FleetPlan, FleetUpgradeSettings } from "./contract";
import { type HostTime, measuredTime } from "./forecast";
import type { PlanKnowledge } from "./plan-words";
import { durationsKey } from "./reporting";

/** Where a plan learns more than configuration and inventory say; each may be absent. */
export interface KnowledgeSources {
  /** Without it nobody looks at the hosts. */
  readonly ssh?: Ssh | undefined;
  readonly artifacts?: Pick<ArtifactStore, "peek"> | undefined;
}

/** Hosts at once, however few the rollout takes: a look is short and changes nothing. */
const leastAtOnce = 20;
const mostAtOnce = 100;
/** Of all looks together; 10,000 hosts take two minutes. */
const limitMs = 10 * 60_000;

/** How long a host takes, and what the hosts say before anything is done. @throws the signal's reason */
export async function learn(
  plan: FleetPlan,
  settings: Pick<FleetUpgradeSettings, "checks" | "estimateHostS">,
  sources: KnowledgeSources,
  signal: AbortSignal,
): Promise<PlanKnowledge> {
  const [time, findings] = await Promise.all([
    timeOf(plan, settings, sources),
    look(plan, settings, sources, signal),
  ]);
  return { time, findings };
}

async function timeOf(
  plan: FleetPlan,
  { estimateHostS }: Pick<FleetUpgradeSettings, "estimateHostS">,
  { artifacts }: KnowledgeSources,
): Promise<HostTime | undefined> {
  if (estimateHostS !== undefined)
    return { hostMs: Math.round(estimateHostS * 1_000) };
  try {
    return measuredTime(await artifacts?.peek(durationsKey(plan)));
  } catch (error) {
    // A forecast is worth no failure; the store is needed, and complained of, when the plan is kept.
    if (isRunbookError(error)) return undefined;
    throw error;
  }
}

async function look(
  plan: FleetPlan,
  { checks }: Pick<FleetUpgradeSettings, "checks">,
  { ssh }: KnowledgeSources,
  signal: AbortSignal,
): Promise<Findings | undefined> {
  if (ssh === undefined || checks.hosts === "none") return undefined;
  const looks = await lookAtHosts(ssh, plan, sampleOf(plan, checks.hosts), {
    signal,
    freeMb: checks.freeMb,
    atOnce: Math.min(mostAtOnce, Math.max(leastAtOnce, plan.rollout.slots)),
    limitMs,
  });
  return findingsOf(plan, looks);
}
