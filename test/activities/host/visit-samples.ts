import type {
  VisitPlan,
  VisitRequest,
  VisitStep,
} from "../../../activities/host/port";
import { Visit } from "../../../activities/host/visit";
import type { Holds } from "../../../activities/hold/port";
import type { LoadBalancer } from "../../../activities/loadbalancer/port";
import type {
  Progress,
  StepFailure,
} from "../../../activities/host/visit-context";
import { hostSchema, type Inventory } from "../../../activities/inventory/port";
import { resolveReference } from "../../../activities/references";
import { sshAccessSchema } from "../../../activities/ssh/port";
import { type FakeCommand, FakeSsh } from "../../harness/fake-ssh";

const job = (name: string, ...run: string[]): VisitStep => ({
  ...{ name, kind: "job", run, timeoutMs: 60_000 },
});
const read = (name: string, ...run: string[]): VisitStep => ({
  ...{ name, kind: "read", run, timeoutMs: 60_000 },
});

export const steps: readonly VisitStep[] = [
  read("precheck", "app", "check"),
  job("drain", "lb", "drain", "{{host.id}}"),
  job("apply", "app", "apply", "2.0"),
  job("restart", "app", "restart"),
  read("ready", "app", "ready"),
  read("version", "app", "version"),
  job("undrain", "lb", "undrain", "{{host.id}}"),
];

export function visitPlan(over: Partial<VisitPlan> = {}): VisitPlan {
  return {
    undoSteps: [],
    target: "prod",
    change: "CHG-1",
    component: "app",
    action: "upgrade",
    version: "2.0",
    steps,
    minReadyMs: 0,
    readyPollMs: 1,
    access: sshAccessSchema.parse({}),
    inventory: { file: "/etc/hosts.yaml" },
    hosts: [hostSchema.parse({ id: "web-1", address: "10.0.0.1" })],
    ...over,
  };
}

export const visitedAt = Date.UTC(2026, 10, 27, 20);

export const visitRequest: VisitRequest = {
  plan: { key: "plan.json", sha256: "abc", bytes: 1 },
  index: 0,
  hostId: "web-1",
  rootRunId: "run-1",
  workflowId: "fleet-upgrade:prod:CHG-1",
};
export const owner = "run-1 fleet-upgrade:prod:CHG-1";

/** A host that runs version 1.0 until `apply` and `restart` bring 2.0. */
export function freshHost(
  over: Readonly<Record<string, FakeCommand>> = {},
): FakeSsh {
  let [installed, running] = ["1.0", "1.0"];
  return new FakeSsh({
    "app check": () => ({}),
    "lb drain web-1": () => ({}),
    "app apply 2.0": () => {
      installed = "2.0";
      return {};
    },
    "app restart": () => {
      running = installed;
      return {};
    },
    "app ready": () => ({}),
    "app version": () => ({ stdout: `${running}\n` }),
    "lb undrain web-1": () => ({}),
    ...over,
  });
}

export const jobsInOrder = [
  "lb drain web-1",
  "app apply 2.0",
  "app restart",
  "lb undrain web-1",
];

interface Options {
  readonly plan?: Partial<VisitPlan>;
  readonly request?: Partial<VisitRequest>;
  readonly inventory?: Partial<Inventory>;
  /** The worker's environment, where `env:` references point. */
  readonly secrets?: Readonly<Record<string, string>>;
  readonly progress?: Partial<Progress>;
  readonly balancer?: LoadBalancer;
  readonly holds?: Holds;
}

export const aliveInventory: Inventory = {
  resolve: async () => [],
  shouldBeAlive: async () => true,
};

export function visitOf(ssh: FakeSsh, options: Options = {}): Visit {
  const { secrets = {} } = options;
  return new Visit(
    {
      ssh,
      inventory: { ...aliveInventory, ...options.inventory },
      resolveReference: (reference) => resolveReference(reference, secrets),
      balancer: options.balancer,
      holds: options.holds,
    },
    visitPlan(options.plan),
    { ...visitRequest, ...options.request },
    {
      signal: new AbortController().signal,
      report: () => undefined,
      now: () => visitedAt,
      ...options.progress,
    },
  );
}

export async function failureOf(visit: Promise<unknown>): Promise<StepFailure> {
  const ended: unknown = await visit.then(
    () => new Error("the visit succeeded"),
    (error: unknown) => error,
  );
  if (ended instanceof Error && ended.name === "StepFailure")
    return ended as StepFailure;
  throw ended;
}
