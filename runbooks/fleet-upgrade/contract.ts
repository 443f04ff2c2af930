import { z } from "zod";
import type { ArtifactRef } from "../../activities/artifacts/port";
import { hostContractSchema, type VisitPlan } from "../../activities/host/port";
import { idSchema } from "../../activities/inventory/port";

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
    slots: z.int().min(1).max(500).default(10),
    /** Failed hosts allowed; the lower of the two when both are given. Default: 1 % of the hosts. */
    budget: z
      .strictObject({
        failures: z.int().min(0).optional(),
        percent: z.number().min(0).max(100).optional(),
      })
      .refine(
        ({ failures, percent }) =>
          failures !== undefined || percent !== undefined,
        "expected failures, percent or both; without a limit every host could fail",
      )
      .default({ percent: 1 }),
    canary: z
      .strictObject({
        /** Ask after the canaries before the rest begins. */
        gate: z.boolean().default(true),
        /** Then the question is asked anew; it never approves by itself. */
        expiresAfterH: z.number().min(0.01).max(720).default(72),
      })
      .default({ gate: true, expiresAfterH: 72 }),
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

/** The frozen list of what will be done; its SHA-256 is the digest that approvals bind to. */
export interface FleetPlan extends VisitPlan {
  readonly seed: string;
  /** The first so many hosts are canaries, one per pool, largest pool first. */
  readonly canaries: number;
  readonly slots: number;
  readonly allowedFailures: number;
  readonly canaryGate: boolean;
  readonly gateExpiresMs: number;
}

export interface PlanRow {
  readonly id: string;
  readonly pool: string;
  readonly site?: string;
}

/** What history carries of a plan. */
export interface PreparedFleetUpgrade {
  readonly mode: "plan" | "execute";
  readonly plan: ArtifactRef;
  readonly rows: readonly PlanRow[];
  readonly canaries: number;
  readonly slots: number;
  readonly allowedFailures: number;
  readonly canaryGate: boolean;
  readonly gateExpiresMs: number;
  /** The plan in words; the same text in CLI, UI and gate. */
  readonly text: string;
  readonly summary: string;
  /** Upper bound of one visit: the sum of its steps' limits. */
  readonly visitTimeoutMs: number;
}

export type HostOutcome =
  "upgraded" | "unchanged" | "failed" | "gone" | "not attempted";

export interface HostReport {
  readonly id: string;
  readonly pool: string;
  readonly outcome: HostOutcome;
  readonly ms?: number;
  readonly version?: string;
  readonly failure?: {
    readonly type: string;
    readonly step: string;
    readonly message: string;
  };
}

export interface FleetUpgradeResult {
  readonly outcome:
    | "planned"
    | "completed"
    | "completed with failures"
    | "denied"
    | "aborted"
    | "cancelled";
  readonly counts: Readonly<Record<HostOutcome, number>>;
  readonly plan: ArtifactRef;
  readonly report?: {
    readonly json: ArtifactRef;
    readonly markdown: ArtifactRef;
  };
  readonly text: string;
}
