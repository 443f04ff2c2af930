import { sha256 } from "@noble/hashes/sha2";
import { bytesToHex } from "@noble/hashes/utils";
import type {
  ContractStep,
  HostContract,
  VisitStep,
} from "../../activities/host/port";
import { fill } from "../../activities/host/template";
import type { Host, InventorySource } from "../../activities/inventory/port";
import type { SshAccess } from "../../activities/ssh/port";
import type { FleetPlan, FleetUpgradeSettings } from "./contract";

export interface PlanFacts {
  readonly contract: HostContract;
  readonly inventory: InventorySource;
  readonly access: SshAccess;
  readonly hosts: readonly Host[];
}

/** The frozen plan: same facts and same seed, same plan, to the byte. */
export function planFleetUpgrade(
  settings: FleetUpgradeSettings,
  facts: PlanFacts,
): FleetPlan {
  const seed = settings.seed ?? settings.target;
  const { canaries, rest } = orderHosts(facts.hosts, seed);
  const hosts = [...canaries, ...rest];
  return {
    target: settings.target,
    change: settings.change,
    component: settings.component,
    action: settings.action,
    ...(settings.version === undefined ? {} : { version: settings.version }),
    seed,
    canaries: canaries.length,
    slots: settings.slots,
    allowedFailures: allowedFailures(settings.budget, hosts.length),
    canaryGate: settings.canary.gate,
    gateExpiresMs: Math.round(settings.canary.expiresAfterH * 3_600_000),
    minReadyMs: Math.round(facts.contract.minReadyS * 1_000),
    readyPollMs: Math.round(facts.contract.readyPollS * 1_000),
    steps: visitSteps(facts.contract, settings),
    undoSteps: [],
    access: facts.access,
    inventory: facts.inventory,
    hosts,
  };
}

/** 4.6 % of 1,500 hosts are 69, though the machine's product is a little less. */
const roundingError = 1e-9;

/** Both limits hold, so the lower one counts; a percentage is of all hosts of the run, rounded down. */
export function allowedFailures(
  budget: FleetUpgradeSettings["budget"],
  hosts: number,
): number {
  const byPercent =
    budget.percent === undefined
      ? Infinity
      : Math.floor((budget.percent * hosts) / 100 + roundingError);
  return Math.min(budget.failures ?? Infinity, byPercent, hosts);
}

/**
 * Rank by hash(seed, id): a host that appears or vanishes moves no other host, and a rollback with the same seed meets
 * hosts in the same order.
 */
export function rankHosts(hosts: readonly Host[], seed: string): Host[] {
  const ranked = hosts.map((host) => ({
    host,
    rank: bytesToHex(sha256(`${seed}\n${host.id}`)),
  }));
  ranked.sort((a, b) => (a.rank < b.rank ? -1 : 1));
  return ranked.map(({ host }) => host);
}

/**
 * One canary per pool, largest pool first: the first host is one whose trouble shows most and whose loss costs least.
 * The rest is interleaved, so that hosts of one pool are as far apart as possible.
 */
export function orderHosts(
  hosts: readonly Host[],
  seed: string,
): { canaries: Host[]; rest: Host[] } {
  const pools = byPool(rankHosts(hosts, seed));
  const canaries = pools.flatMap((pool) => pool.slice(0, 1));
  return { canaries, rest: interleave(pools.map((pool) => pool.slice(1))) };
}

function byPool(hosts: readonly Host[]): Host[][] {
  const pools = new Map<string, Host[]>();
  for (const host of hosts) {
    const pool = pools.get(host.pool);
    if (pool === undefined) pools.set(host.pool, [host]);
    else pool.push(host);
  }
  const bySize = (
    [a, one]: [string, Host[]],
    [b, other]: [string, Host[]],
  ): number => other.length - one.length || (a < b ? -1 : 1);
  return [...pools.entries()].sort(bySize).map(([, pool]) => pool);
}

interface Queue {
  readonly hosts: readonly Host[];
  taken: number;
}

/**
 * Hosts of one pool as far apart as possible: at each place the pool that lags most behind its even share. Two
 * neighbours of one pool only where that pool has more hosts left than all others together; there the others keep
 * their even share, since used up early they would stand close together, all in work at once.
 */
function interleave(pools: readonly (readonly Host[])[]): Host[] {
  const queues = pools.map((hosts): Queue => ({ hosts, taken: 0 }));
  const order: Host[] = [];
  let last: Queue | undefined;
  for (;;) {
    const next = nextQueue(
      queues.filter((queue) => leftIn(queue) > 0),
      last,
    );
    const host = next?.hosts[next.taken];
    if (next === undefined || host === undefined) return order;
    order.push(host);
    next.taken++;
    last = next;
  }
}

function nextQueue(
  queues: readonly Queue[],
  last: Queue | undefined,
): Queue | undefined {
  const left = queues.reduce((sum, queue) => sum + leftIn(queue), 0);
  // Without neighbours a pool can fill every second place: from this one on, or from the next when it is the last one.
  const spare = (queue: Queue): number =>
    left + (queue === last ? 0 : 1) - 2 * leftIn(queue);
  const dominant = queues.find((queue) => spare(queue) < 0);
  const due = queues.find((queue) => spare(queue) === 0 && queue !== last);
  if (dominant === undefined && due !== undefined) return due;
  const eligible = queues.filter(
    (queue) => queue !== last || queue === dominant,
  );
  return eligible.reduce<Queue | undefined>(
    (best, queue) =>
      best === undefined || lag(queue) < lag(best) ? queue : best,
    undefined,
  );
}

const leftIn = ({ hosts, taken }: Queue): number => hosts.length - taken;

const lag = ({ hosts, taken }: Queue): number => (taken + 0.5) / hosts.length;

const readSteps: readonly string[] = ["precheck", "ready", "version"];
const defaultTimeoutS: ReadonlyMap<string, number> = new Map([
  ["precheck", 60],
  ["ready", 600],
  ["version", 60],
]);
const jobTimeoutS = 3_600;

type StepSource = Omit<
  NonNullable<HostContract["steps"]["apply"]>,
  "script"
> & { script?: string | undefined };

type PlanWords = Pick<
  FleetUpgradeSettings,
  "action" | "version" | "component" | "target" | "change"
>;

const visitOrder = [
  "precheck",
  "drain",
  "fetch",
  "apply",
  "restart",
  "ready",
  "version",
  "undrain",
] as const satisfies readonly ContractStep[];
/** What brings a new version, and the own steps placed behind it. */
const versionSteps: readonly ContractStep[] = ["fetch", "apply"];

/** The steps of a visit in their order, own steps in their places; a restart leaves out what brings a new version. */
export function visitSteps(
  { steps, extra }: HostContract,
  words: PlanWords,
): VisitStep[] {
  const order =
    words.action === "restart"
      ? visitOrder.filter((name) => !versionSteps.includes(name))
      : visitOrder;
  return order.flatMap((name) => {
    const source: StepSource | undefined = steps[name];
    const own = extra.filter(({ after }) => after === name);
    return [
      ...(source === undefined ? [] : [toStep(name, source, words)]),
      ...own.map((step) => toStep(step.name, step, words)),
    ];
  });
}

function toStep(
  name: string,
  { run, script, timeoutS, env, secretEnv, expectsReboot }: StepSource,
  { version, component, target, change }: PlanWords,
): VisitStep {
  const fillIn = (text: string): string =>
    fill(text, { version, component, target, change });
  const filledEnv = Object.entries(env ?? {}).map(
    ([key, value]) => [key, fillIn(value)] as const,
  );
  const limitS = timeoutS ?? defaultTimeoutS.get(name) ?? jobTimeoutS;
  return {
    name,
    kind: readSteps.includes(name) ? "read" : "job",
    ...(run === undefined ? {} : { run: run.map(fillIn) }),
    ...(script === undefined ? {} : { script }),
    timeoutMs: limitS * 1_000,
    ...(env === undefined ? {} : { env: Object.fromEntries(filledEnv) }),
    ...(secretEnv === undefined ? {} : { secretEnv }),
    ...(expectsReboot === undefined ? {} : { expectsReboot }),
  };
}

/** Upper bound of one visit: a little more than its steps may take together. */
export function visitTimeoutMs({
  steps,
  minReadyMs,
}: Pick<FleetPlan, "steps" | "minReadyMs">): number {
  return steps.reduce(
    (sum, { timeoutMs }) => sum + timeoutMs,
    minReadyMs + 15 * 60_000,
  );
}
