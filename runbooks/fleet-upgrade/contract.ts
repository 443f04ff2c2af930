import { z } from "zod";
import type { GatePolicies } from "../../activities/approvals/port";
import type { ArtifactRef } from "../../activities/artifacts/port";
import {
  hostContractSchema,
  type Parked,
  type VisitPlan,
} from "../../activities/host/port";
import { idSchema } from "../../activities/inventory/port";
import { mostSlots } from "../../workflows/rollout/fleet";
import type { Budget, GroupLimits } from "../../workflows/rollout/words";

const movingNames =
  /^(latest|stable|current|main|master|trunk|develop|head|edge|nightly|snapshot)$/i;

/** Pinned: a name that may stand for something else tomorrow is refused. */
const versionSchema = z
  .string()
  .min(1)
  .max(128)
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._+~:-]*$/,
    "expected a version, tag or commit without spaces or slashes; a branch name can move during the run",
  )
  .refine(
    (version) => !movingNames.test(version),
    "expected a pinned version such as 2.4.1 or a commit; this name can move during the run",
  );

/** `*` stands for any text, `?` for one character. */
const globSchema = z
  .string()
  .regex(
    /^[\w.*?-]{1,128}$/,
    "expected an id in which * and ? stand for others",
  );
const tagSchema = z.string().min(1).max(256);

const shareWords =
  'expected a number of hosts from 1 on, or a share from "1%" to "100%"';
/** Hosts, or a share of the group such as "25%"; a share is rounded down, and at least one. */
const shareSchema = z.union([
  z.int(shareWords).min(1, shareWords).max(100_000),
  z.string(shareWords).regex(/^(100|[1-9]\d?)%$/, shareWords),
]);

const checkedWords = 'expected "all", "none" or a number of hosts from 1 on';

const failureLimitShape = {
  failures: z.int().min(0).optional(),
  percent: z.number().min(0).max(100).optional(),
};
const hasLimit = ({
  failures,
  percent,
}: {
  failures?: number | undefined;
  percent?: number | undefined;
}): boolean => failures !== undefined || percent !== undefined;

/** Seconds; a week at most. */
const secondsSchema = z.number().min(0).max(604_800);

/** Numbers among numbers, shares among shares; what only the size of the fleet tells is judged with the plan. */
function refuseShrinkingStages(
  stages: readonly { readonly upTo: number | string }[],
  context: z.RefinementCtx<readonly { readonly upTo: number | string }[]>,
): void {
  stages.forEach(({ upTo }, index) => {
    const before = stages[index - 1]?.upTo;
    if (typeof before !== typeof upTo || before === undefined) return;
    if (Number.parseInt(`${upTo}`, 10) > Number.parseInt(`${before}`, 10))
      return;
    const message = `expected more than the ${before} of the stage before it\nhint: stages count from the first host of the run`;
    context.addIssue({ code: "custom", path: [index, "upTo"], message });
  });
}

const selectorShape = {
  pools: z.array(idSchema).min(1).optional(),
  ids: z.array(idSchema).min(1).optional(),
  globs: z.array(globSchema).min(1).optional(),
  /** Tag name to a value or glob, or a list of them. */
  tags: z
    .record(
      z.string(),
      z.union([tagSchema, z.array(tagSchema).min(1)], {
        error: "expected a value or a list of values",
      }),
    )
    .refine(
      (tags) => Object.keys(tags).length > 0,
      "expected at least one tag and its value",
    )
    .optional(),
};

export const fleetUpgradeInputSchema = z
  .strictObject({
    /** A target of the configuration: inventory and SSH access. */
    target: idSchema,
    /** Change id; with the target it names the run. */
    change: idSchema,
    /** A component of the configuration. */
    component: idSchema,
    /** Stands instead of the configured host contract. */
    contract: hostContractSchema.optional(),
    action: z.enum(["upgrade", "restart"]).default("upgrade"),
    version: versionSchema.optional(),
    mode: z.enum(["plan", "execute"]).default("plan"),
    /**
     * Narrows the target; absent means every host of its inventory. All kinds must match, and each tag is a kind of its
     * own; within one kind any entry will do. Whatever matches an entry of `exclude` is removed.
     */
    hosts: z
      .strictObject({
        ...selectorShape,
        /** Removed from what the others leave. */
        exclude: z
          .strictObject(selectorShape)
          .refine(
            (exclude) => Object.keys(exclude).length > 0,
            "expected pools, ids, globs or tags",
          )
          .optional(),
      })
      .optional(),
    /** Hosts in work at once; a failed host keeps its slot. */
    slots: z.int().min(1).max(mostSlots).default(10),
    /** Hosts in work at once in one pool, zone or site, or behind one jump host. */
    limits: z
      .strictObject({
        pool: shareSchema.optional(),
        zone: shareSchema.optional(),
        site: shareSchema.optional(),
        jump: shareSchema.optional(),
      })
      .default({}),
    /** 1, 2, 4 ... hosts at once up to the slots, again after every halt. */
    slowStart: z.boolean().default(true),
    /** Failed hosts allowed; the lower of the two when both are given. Default: 1 % of the hosts. */
    budget: z
      .strictObject({
        ...failureLimitShape,
        /** In each single pool. */
        pool: z
          .strictObject(failureLimitShape)
          .refine(hasLimit, "expected failures, percent or both")
          .optional(),
      })
      .refine(
        hasLimit,
        "expected failures, percent or both; without a limit every host could fail",
      )
      .default({ percent: 1 }),
    canary: z
      .strictObject({
        /** Ask after the canaries before the rest begins. */
        gate: z.boolean().default(true),
        /** Then the question is asked anew; it never approves by itself. */
        expiresAfterH: z.number().min(0.01).max(720).default(72),
        /** The canaries must have been finished this long before anything else starts. */
        soakS: secondsSchema.default(0),
      })
      .prefault({}),
    /** Behind the canaries: each stage ends at so many hosts of the fleet; all the others follow the last one. */
    stages: z
      .array(
        z.strictObject({
          upTo: shareSchema,
          soakS: secondsSchema.default(0),
          gate: z.boolean().default(false),
        }),
      )
      .max(20)
      .superRefine(refuseShrinkingStages)
      .default([]),
    deadlines: z
      .strictObject({
        /** One host's whole visit, retries included. Default: the sum of its steps' limits. */
        hostS: z.number().min(1).max(604_800).optional(),
        /** Without a success for so long, the run holds and asks. */
        progressS: z.number().min(1).max(604_800).default(3_600),
      })
      .prefault({}),
    census: z
      .strictObject({
        /** Ask every upgraded host at the end which version it runs. */
        versions: z.boolean().default(true),
        /** Catch-up waves at most, for hosts that appeared or run another version. 0: none is looked for. */
        waves: z.int().min(0).max(10).default(3),
      })
      .prefault({}),
    /** What is looked at on the hosts before anything is done: all of them, so many, or none. */
    checks: z
      .strictObject({
        hosts: z
          .union([
            z.enum(["all", "none"], checkedWords),
            z.int(checkedWords).min(1, checkedWords).max(10_000),
          ])
          .default(20),
        /** Megabytes that must be free in the home folder of the SSH user. */
        freeMb: z.int().min(0).max(10_000_000).default(100),
      })
      .prefault({}),
    /** Seconds a host is thought to take; default: as measured by the last run on this target. */
    estimateHostS: z.number().min(0.1).max(604_800).optional(),
    /** Fixes the order of hosts; the same seed gives a rollback the same order. Default: the target's name. */
    seed: z.string().min(1).max(128).optional(),
  })
  .refine(
    (input) => input.action === "restart" || input.version !== undefined,
    {
      path: ["version"],
      message: "expected a pinned version, since the action is upgrade",
    },
  )
  .refine(
    (input) => input.action === "upgrade" || input.version === undefined,
    {
      path: ["version"],
      message: "expected no version, since the action is restart",
    },
  );

export type FleetUpgradeInput = z.input<typeof fleetUpgradeInputSchema>;
export type FleetUpgradeSettings = z.output<typeof fleetUpgradeInputSchema>;

type Selection = NonNullable<FleetUpgradeSettings["hosts"]>;

/** A stage admits the hosts before row `end`; when all of it is done, it soaks, and asks if it has a gate. */
export interface PlanStage {
  /** `canaries`, `stage 2`, ..., `the rest`. */
  readonly name: string;
  readonly end: number;
  readonly soakMs: number;
  readonly gate: boolean;
}

/** How the rollout moves; frozen in the plan, retuned by operators. */
export interface RolloutPlan {
  readonly stages: readonly PlanStage[];
  readonly slots: number;
  readonly limits: GroupLimits;
  readonly slowStart: boolean;
  readonly budget: Budget;
  readonly gateExpiresMs: number;
  readonly hostDeadlineMs: number;
  readonly progressDeadlineMs: number;
  readonly census: { readonly versions: boolean; readonly waves: number };
}

/** The frozen list of what will be done; its SHA-256 is the digest that approvals bind to. */
export interface FleetPlan extends VisitPlan {
  readonly seed: string;
  /** The first so many hosts are canaries, one per pool, largest pool first. */
  readonly canaries: number;
  readonly rollout: RolloutPlan;
  /** Which hosts of the inventory are meant; hosts that appear later are judged by it, too. Absent: all of them. */
  readonly selection?: Selection;
  /** Who may answer which gate, as the configuration said. Absent: anybody's word counts, as a claim. */
  readonly approvals?: GatePolicies;
}

/** What the workflow knows of a host; it reads them in pages. */
export interface PlanRow {
  readonly id: string;
  readonly pool: string;
  readonly zone?: string;
  readonly site?: string;
  /** The nearest jump host. */
  readonly jump?: string;
}

/** What history carries of a plan. */
export interface PreparedFleetUpgrade {
  readonly mode: "plan" | "execute";
  readonly plan: ArtifactRef;
  /** What the inventory told when the plan was made: all hosts of the target. */
  readonly snapshot: ArtifactRef;
  readonly count: number;
  readonly canaries: number;
  readonly rollout: RolloutPlan;
  /** Whether the component can take a host back. */
  readonly canUndo: boolean;
  /** Absent when the component is only restarted. */
  readonly version?: string;
  readonly component: string;
  /**
   * Of a target whose work keeps to calendars: what a host takes, its way back included, and without it, in milliseconds; the
   * latter is absent where nobody has measured or given it.
   */
  readonly window?: { readonly needMs: number; readonly hostMs?: number };
  /** Upper bound of the build, its transfers included; absent when nothing is built. */
  readonly buildTimeoutMs?: number;
  readonly approvals?: GatePolicies;
  /** A run over a selection of hosts does not say what the whole target should run. */
  readonly isWholeTarget: boolean;
  /** What the run locks before its first effect, and for how long, as far as anybody knows. */
  readonly lock: {
    readonly resources: readonly string[];
    readonly expectedMs?: number;
  };
  /** The plan in words; the same text in CLI, UI and gate. */
  readonly text: string;
  readonly summary: string;
  /** Upper bound of one visit's attempt: the sum of its steps' limits. */
  readonly visitTimeoutMs: number;
}

export type HostOutcome =
  | "upgraded"
  | "unchanged"
  | "rolled back"
  | "failed"
  | "quarantined"
  | "gone"
  /** Its visit stopped at the close of a window, and the run ended before the next one. */
  | "parked"
  | "not attempted";

export interface HostReport {
  readonly id: string;
  readonly pool: string;
  readonly outcome: HostOutcome;
  readonly ms?: number;
  readonly version?: string;
  readonly previous?: string;
  readonly failure?: {
    readonly type: string;
    readonly step: string;
    readonly message: string;
  };
  /** What a person wrote who called this host done. */
  readonly evidence?: string;
  /** Where it stopped. */
  readonly parked?: Parked;
  /** It was not ready when the run ended, so it stays drained. */
  readonly leftOut?: boolean;
}

export interface FleetUpgradeResult {
  readonly outcome:
    | "template"
    | "planned"
    | "completed"
    | "completed with failures"
    | "denied"
    | "missed its window"
    | "aborted"
    | "rolled back"
    | "rolled back with failures"
    | "stopped"
    | "cancelled";
  readonly counts: Readonly<Record<HostOutcome, number>>;
  /** Absent when nothing was planned. */
  readonly plan?: ArtifactRef;
  readonly report?: {
    readonly json: ArtifactRef;
    readonly markdown: ArtifactRef;
    readonly csv: ArtifactRef;
  };
  readonly text: string;
}
