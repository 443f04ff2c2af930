import type {
  BuildPlan,
  ContractStep,
  HostContract,
  VisitStep,
} from "../../activities/host/port";
import { fill } from "../../activities/host/template";
import type { Balancer } from "../../activities/loadbalancer/port";
import { balancerDrainStep, balancerUndrainStep } from "./balancer-steps";
import type { Host } from "../../activities/inventory/port";
import type { SshAccess } from "../../activities/ssh/port";
import type { FleetUpgradeSettings } from "./contract";

const readSteps: readonly string[] = [
  "precheck",
  "ready",
  "version",
  "preview",
];
const defaultTimeoutS: ReadonlyMap<string, number> = new Map([
  ["precheck", 60],
  ["ready", 600],
  ["version", 60],
  ["preview", 60],
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
/** The way back: `undo` stands where the way there brings the version. */
const undoOrder = [
  "drain",
  "undo",
  "restart",
  "ready",
  "version",
  "undrain",
] as const;

/** The steps of a visit in their order, own steps and the balancer's in their places; a restart leaves out what brings a new version. */
export function visitSteps(
  contract: HostContract,
  words: PlanWords,
  balancer?: Balancer,
): VisitStep[] {
  const order =
    words.action === "restart"
      ? visitOrder.filter((name) => !versionSteps.includes(name))
      : visitOrder;
  return order.flatMap((name) => stepsAt(name, contract, words, balancer));
}

/**
 * What takes a touched host back; none where the component has no `undo`, and none for a restart, which cannot be taken
 * back. Own steps come along where they stand behind a step of the way back. Those behind precheck, fetch and apply do
 * not: they belong to bringing the version, and `undo` is the inverse of all of it.
 */
export function undoSteps(
  contract: HostContract,
  words: PlanWords,
  balancer?: Balancer,
): VisitStep[] {
  if (contract.steps.undo === undefined || words.action === "restart")
    return [];
  return undoOrder.flatMap((name) => stepsAt(name, contract, words, balancer));
}

/** What a host answers when it is asked what it would do; a restart has nothing to tell. */
export function previewStep(
  { steps: { preview } }: HostContract,
  words: PlanWords,
): VisitStep | undefined {
  return preview === undefined || words.action === "restart"
    ? undefined
    : toStep("preview", preview, words);
}

function stepsAt(
  name: ContractStep | "undo",
  { steps, extra, build }: HostContract,
  words: PlanWords,
  balancer: Balancer | undefined,
): VisitStep[] {
  const source: StepSource | undefined = steps[name];
  const own = extra.filter(({ after }) => after === name);
  const isBehind = balancer !== undefined;
  return [
    ...(isBehind && name === "drain" ? [balancerDrainStep(balancer)] : []),
    ...(build !== undefined && name === "fetch"
      ? [transferStep(build.to, words)]
      : []),
    ...(source === undefined ? [] : [toStep(name, source, words)]),
    ...own.map((step) => toStep(step.name, step, words)),
    ...(isBehind && name === "undrain" ? [balancerUndrainStep(balancer)] : []),
  ];
}

function transferStep(to: string, words: PlanWords): VisitStep {
  const timeoutMs = jobTimeoutS * 1_000;
  return {
    name: "transfer",
    kind: "transfer",
    path: fill(to, words),
    timeoutMs,
  };
}

/** @param host where it is built; the build's own words were checked with the contract */
export function buildPlanOf(
  build: NonNullable<HostContract["build"]>,
  words: PlanWords,
  host: Host,
  access: SshAccess,
): BuildPlan {
  const { artifact, to, maxMb } = build;
  return {
    host,
    access,
    step: toStep("build", build, words),
    artifact: fill(artifact, words),
    to: fill(to, words),
    maxBytes: maxMb * 1_000_000,
  };
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
