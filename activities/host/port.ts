import { z } from "zod";
import type { ArtifactRef } from "../artifacts/port";
import type { Balancer } from "../loadbalancer/port";
import {
  type Host,
  hostSchema,
  idSchema,
  type InventorySource,
} from "../inventory/port";
import { referenceSchema } from "../reference-schema";
import type { WindowTerms } from "../hold/port";
import type { RunRef } from "../runs/port";
import type { ExpectsReboot, SshAccess } from "../ssh/port";

/** The host contract: what a component's hosts can be asked to do, in the order of a visit. */
export const contractSteps = [
  "precheck",
  "drain",
  "fetch",
  "apply",
  "restart",
  "ready",
  "version",
  "undrain",
] as const;
export type ContractStep = (typeof contractSteps)[number];

/** A word list, never a shell line; `{{version}}`, `{{host.id}}` and the like are filled in word by word. */
export const argvSchema = z
  .array(z.string().min(1))
  .min(1)
  .max(256)
  .refine(([program]) => program?.startsWith("-") !== true, {
    path: [0],
    message: "expected the name or path of a program, before its options",
  });

const variableSchema = z
  .string()
  .regex(
    /^(?!_rb_)[A-Za-z_][A-Za-z0-9_]*$/,
    "expected letters, digits and underscores, not starting with a digit or _rb_",
  );

export const stepFields = {
  run: argvSchema.optional(),
  /** POSIX sh; only for steps that run as jobs. */
  script: z.string().min(1).max(65_536).optional(),
  timeoutS: z.int().min(1).max(604_800).optional(),
  env: z.record(variableSchema, z.string()).optional(),
  /** Values are references (`env:NAME`, `file:/path`), resolved on the worker and sent over stdin. */
  secretEnv: z.record(variableSchema, referenceSchema).optional(),
  /**
   * The step boots the host: a new boot id is its success. With "if announced" it may, and says so by exit code 194; then
   * the new boot id counts, and else its exit code.
   */
  expectsReboot: z.union([z.boolean(), z.literal("if announced")]).optional(),
};
const oneCommand = (step: { run?: unknown; script?: unknown }): boolean =>
  (step.run === undefined) !== (step.script === undefined);
const oneCommandMessage = "expected exactly one of `run` and `script`";

const stepSchema = z
  .strictObject(stepFields)
  .refine(oneCommand, oneCommandMessage);
export const readFields = {
  run: argvSchema,
  timeoutS: stepFields.timeoutS,
  env: stepFields.env,
};
/** A step that only looks: repeated freely, so it cannot be a script of effects. */
const readSchema = z.strictObject(readFields);

const ownStepSchema = z
  .strictObject({ name: idSchema, after: z.enum(contractSteps), ...stepFields })
  .refine(oneCommand, oneCommandMessage);

/** A step's name is part of its job's key: two of one name would share one result. */
function refuseTakenNames(
  steps: readonly { readonly name: string }[],
  context: z.RefinementCtx<readonly { readonly name: string }[]>,
): void {
  const taken = new Set<string>([
    ...contractSteps,
    "undo",
    "open",
    "visit",
    "balancer-drain",
    "balancer-undrain",
    "transfer",
    "build",
  ]);
  steps.forEach(({ name }, index) => {
    if (taken.has(name)) {
      const message = "expected a name that no other step of the visit has";
      context.addIssue({ code: "custom", path: [index, "name"], message });
    }
    taken.add(name);
  });
}

const filePathSchema = z
  .string()
  .max(1_024)
  .regex(
    /^(?!.*\/\.\.?(\/|$))(\/[^/\n]+)+$/,
    "expected an absolute path of a file, without . and ..",
  );

/** Once per run, before the first host. */
const buildSchema = z
  .strictObject({
    /** A host of the inventory by its id, or one that is none of it. */
    host: z.union([idSchema, hostSchema]),
    run: argvSchema.optional(),
    script: stepFields.script,
    timeoutS: stepFields.timeoutS,
    env: stepFields.env,
    secretEnv: stepFields.secretEnv,
    artifact: filePathSchema,
    to: filePathSchema,
    maxMb: z.int().min(1).max(1_000_000).default(4_096),
  })
  .refine(oneCommand, oneCommandMessage);

/** Of a contract, and of a recipe that becomes one. */
export const contractFields = {
  build: buildSchema.optional(),
  /** Steps of the component's own, each placed after a step of the contract. */
  extra: z
    .array(ownStepSchema)
    .max(20)
    .superRefine(refuseTakenNames)
    .default([]),
  /** `ready` must hold this long before a host counts. */
  minReadyS: z.number().min(0).max(86_400).default(10),
  readyPollS: z.number().min(0.1).max(300).default(1),
};

export const hostContractSchema = z.strictObject({
  steps: z.strictObject({
    precheck: readSchema.optional(),
    drain: stepSchema.optional(),
    fetch: stepSchema.optional(),
    apply: stepSchema,
    restart: stepSchema.optional(),
    ready: readSchema.optional(),
    /** Prints the version that runs, alone on its first line. */
    version: readSchema,
    undrain: stepSchema.optional(),
    /** Brings the version back that ran before; `{{previous}}` and $RUNBOOK_PREVIOUS name it. Without it no run can roll back. */
    undo: stepSchema.optional(),
    /** Prints what this host would do, in its own words; shown with the plan. Changes nothing. */
    preview: readSchema.optional(),
  }),
  ...contractFields,
});
export type HostContract = z.infer<typeof hostContractSchema>;

/**
 * A step as a visit runs it. `read` repeats freely; `job` runs once under its key; `balancer` brings the host's load
 * balancer to a state and may be repeated, too; `transfer` brings the artifact of the run's build to `path`.
 */
export interface VisitStep {
  readonly name: string;
  readonly kind: "read" | "job" | "balancer" | "transfer";
  readonly run?: readonly string[] | undefined;
  readonly script?: string | undefined;
  readonly timeoutMs: number;
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly secretEnv?: Readonly<Record<string, string>> | undefined;
  readonly expectsReboot?: ExpectsReboot | undefined;
  /** On the host; of a transfer. */
  readonly path?: string | undefined;
}

/** What is built once per run, before the first host. */
export interface BuildPlan {
  readonly host: Host;
  readonly access: SshAccess;
  readonly step: VisitStep;
  /** File that the step makes on the build host. */
  readonly artifact: string;
  /** Where each host gets it; may name the host's own values. */
  readonly to: string;
  readonly maxBytes: number;
}

/** What every visit of a run has in common; kept in the artifact store as part of the plan. */
export interface VisitPlan {
  readonly target: string;
  readonly change: string;
  readonly component: string;
  readonly action: "upgrade" | "restart";
  /** Absent only when the action is `restart`. */
  readonly version?: string | undefined;
  readonly steps: readonly VisitStep[];
  /** What takes a touched host back; empty when the component has no `undo`. */
  readonly undoSteps: readonly VisitStep[];
  /** Prints what a host would do. */
  readonly preview?: VisitStep | undefined;
  readonly balancer?: Balancer | undefined;
  readonly build?: BuildPlan | undefined;
  readonly minReadyMs: number;
  readonly readyPollMs: number;
  readonly access: SshAccess;
  readonly inventory: InventorySource;
  readonly hosts: readonly Host[];
}

/**
 * `apply` the steps of the plan, `undo` those that take a touched host back, `put back` a host that an earlier visit left
 * drained: it rejoins when it is ready, and stays out when it is not.
 */
export type VisitWork = "apply" | "undo" | "put back";

export interface VisitRequest {
  /** Default: apply. */
  readonly work?: VisitWork;
  readonly plan: ArtifactRef;
  /** Row of the plan. */
  readonly index: number;
  readonly hostId: string;
  /** First execution of the chain of runs: stable over retries, resets excepted, and continue-as-new. */
  readonly rootRunId: string;
  readonly workflowId: string;
  /** Who has the host instead of the run itself, which is over. */
  readonly claimant?: RunRef;
  /** Steps whose command an operator asked to run again; every other step is at generation 1. */
  readonly generations?: Readonly<Record<string, number>>;
  /** Of work "apply" on a target that keeps to calendars: it must not begin out of window. */
  readonly window?: WindowTerms;
  /** It was parked: it begins anew, so that what holds a beginning holds it, too. */
  readonly resumes?: true;
  /** What `buildComponent` made; for a plan with a build. */
  readonly artifact?: ArtifactRef;
  /** Steps that an operator said to leave out on this host. */
  readonly skipped?: readonly string[];
}

/** Where a visit stopped at the close of its window, to go on in the next one. */
export interface Parked {
  /** The last step that changed the host. */
  readonly after?: string;
  /** The step that comes next. */
  readonly before: string;
  /** Out of service, and it stays so. */
  readonly drained: boolean;
}

export interface VisitResult {
  /** `put back` and `left out` are the ends of the work "put back"; an undo of a host that was not touched is `unchanged`. */
  readonly outcome:
    | "upgraded"
    | "unchanged"
    | "gone"
    | "rolled back"
    | "put back"
    | "left out"
    | "parked";
  /** Of the outcome "parked". */
  readonly parked?: Parked;
  readonly version?: string;
  /** What ran before this run's first effect. */
  readonly previous?: string;
  readonly ms: number;
}

/** Detail of the failure that a visit ends with, carried by its ApplicationFailure. */
export interface VisitFailure {
  readonly type: string;
  readonly step: string;
  /** What was seen, then `hint:`; secrets never stand in it. */
  readonly message: string;
  /** True when the step's command is known to be over; else it may still run, and another try joins it. */
  readonly commandEnded?: boolean;
}

export interface VersionsRequest {
  readonly plan: ArtifactRef;
  /** At most 500 rows of the plan. */
  readonly rows: readonly number[];
  /** Hosts asked at once; default 50. */
  readonly atOnce?: number;
}

export interface VersionsAnswer {
  /** Row and version of each host that does not answer the plan's version; null of one that could not be asked. */
  readonly differ: readonly (readonly [row: number, version: string | null])[];
}

/** Something on a host that would make its visit fail. */
export interface LookProblem {
  readonly what:
    "way in" | "sudo" | "tools" | "home" | "disk" | "version" | "preview";
  readonly seen: string;
}

/** What one host answered to a look that changes nothing. */
export interface HostLook {
  /** Row of the plan. */
  readonly index: number;
  readonly problems: readonly LookProblem[];
  /** That runs now. */
  readonly version?: string;
  /** What it would do, in its own words. */
  readonly preview?: string;
}

export interface HostActivities {
  /** Takes one host through its steps; a repeated call resumes at the first unfinished one. */
  visitHost(request: VisitRequest): Promise<VisitResult>;
  /** Which version hosts run; changes nothing. A plan without a version calls any answer right. @throws artifacts.* */
  askVersions(request: VersionsRequest): Promise<VersionsAnswer>;
}
