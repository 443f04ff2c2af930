import { z } from "zod";
import type { ArtifactRef } from "../../activities/artifacts/port";
import type { CustomerBook } from "../../activities/customers/port";
import type {
  HostGateway,
  Spread,
  UsableAddresses,
} from "../../activities/egress/port";
import { tupleSchema } from "../../activities/egress/schema";
import { idSchema } from "../../activities/inventory/port";
import type { LoadHost } from "../../activities/load/port";
import type { ListPlace } from "../../activities/published-list/port";
import type { GatePolicies } from "../../activities/approvals/port";
import type { ProcedureResult } from "../../workflows/procedure/ending";
import type { PreparedServers } from "../prepare-servers";

/** How long a stage holds at least, and when it asks because no peak was seen; hours. */
const stageSchema = (holdH: number, deadlineH: number) =>
  z
    .strictObject({
      holdH: z.number().min(0).max(2_000).default(holdH),
      deadlineH: z.number().min(0).max(4_000).default(deadlineH),
    })
    .prefault({});

const percentSchema = z.number().min(1).max(100);

export const egressMigrationInputSchema = z.strictObject({
  /** A target of the configuration that has `egress`. */
  target: idSchema,
  /** Change id; with the target it names the run. */
  change: idSchema,
  mode: z.enum(["plan", "execute"]).default("plan"),
  /** File of the customers on the worker, JSON lines or CSV; absolute, or from its working folder on. */
  customers: z.string().min(1),
  /** Connections at once that are known to be needed; where the census sees more, that counts. */
  needs: z
    .array(
      z.strictObject({
        destination: tupleSchema,
        connections: z.int().min(1).max(10_000_000),
      }),
    )
    .max(200)
    .default([]),
  census: z
    .strictObject({
      /** Two weekly cycles by default. */
      hours: z.number().min(0).max(2_000).default(336),
      everyS: z.number().min(0.2).max(600).default(60),
      /** Percent of the looks that must have been taken at every gateway. */
      coverage: percentSchema.default(95),
    })
    .prefault({}),
  /** Most of the ports of a destination that its peak may take, in percent. */
  capacity: percentSchema.max(80).default(50),
  stress: z
    .strictObject({
      /** Of the peak. */
      factor: z.number().min(1).max(10).default(1.5),
      /** Seconds; longer than a gateway holds the port of a closed connection. */
      holdS: z.int().min(1).max(86_400).default(300),
      /** Seconds after which a connection is closed and opened anew. */
      lifeS: z.number().min(0.1).max(3_600).default(20),
      /** Milliseconds within which 99.9 % of all connections have to be open. */
      slowestMs: z.number().min(1).max(10_000).default(500),
    })
    .prefault({}),
  verify: z
    .strictObject({
      /** Hours between both passes, so that they come at different hours of the day. */
      gapH: z.number().min(0).max(720).default(26),
      /** Of all customers, that are ready. */
      readyPercent: percentSchema.default(99),
      userAgent: z.string().min(1).max(200).optional(),
    })
    .prefault({}),
  /** The last two go through a weekly cycle by default. */
  stages: z
    .strictObject({
      canary: stageSchema(1, 48),
      "ramp-10": stageSchema(24, 72),
      "ramp-25": stageSchema(24, 72),
      "ramp-50": stageSchema(168, 336),
      "ramp-100": stageSchema(168, 336),
    })
    .prefault({}),
  /** Of the census's peak, that has to be seen before a stage counts. */
  peakPercent: percentSchema.default(95),
  /** Percent of the ports of a destination. */
  pressure: z
    .strictObject({
      everyS: z.number().min(0.2).max(600).default(60),
      warn: percentSchema.default(60),
      hold: percentSchema.default(75),
      rollback: percentSchema.default(85),
      /** Percent of new connections that fail for so many looks in a row. */
      failPercent: z.number().min(0.01).max(5).default(0.1),
      failLooks: z.int().min(1).max(60).default(3),
    })
    .refine(
      ({ warn, hold, rollback }) => warn < hold && hold < rollback,
      "expected warn below hold below rollback",
    )
    .prefault({}),
  /** Days for connections on the old addresses to end, and for customers who stay there. */
  drainD: z.number().min(0).max(400).default(30),
  /** Days for which the old addresses stay ours, and silent. */
  quarantineD: z.number().min(0).max(800).default(30),
  /** Hours until a question is asked anew. */
  gateExpiresH: z.number().min(0.1).max(720).default(24),
});
export type EgressMigrationInput = z.input<typeof egressMigrationInputSchema>;
export type EgressMigrationSettings = z.output<
  typeof egressMigrationInputSchema
>;

/** Where load is put on before production is touched. */
export interface StagingPlan {
  readonly gateways: readonly HostGateway[];
  readonly hosts: readonly LoadHost[];
  readonly sink: readonly string[];
  readonly application?:
    | {
        readonly host: LoadHost;
        readonly command: readonly string[];
        readonly env: Readonly<Record<string, string>>;
        readonly timeoutMs: number;
        readonly mostPerRequest: number;
      }
    | undefined;
}

/** What will be done, as it was when the run began; its digest names it. */
export interface EgressPlan {
  readonly target: string;
  readonly change: string;
  readonly settings: EgressMigrationSettings;
  readonly gateways: readonly HostGateway[];
  readonly usable: readonly UsableAddresses[];
  readonly spread: Spread;
  readonly staging: StagingPlan;
  readonly list?: ListPlace | undefined;
  readonly customers: CustomerBook;
  /** That the target's work keeps to. */
  readonly calendars: readonly string[];
  readonly approvals?: GatePolicies | undefined;
}

export type PreparedEgress = PreparedServers<EgressPlan>;

export interface EgressMigrationResult extends ProcedureResult {
  readonly plan?: ArtifactRef;
  /** All customers, where they stand. */
  readonly customers?: ArtifactRef;
}
