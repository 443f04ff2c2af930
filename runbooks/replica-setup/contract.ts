import { z } from "zod";
import type { ArtifactRef } from "../../activities/artifacts/port";
import { idSchema } from "../../activities/inventory/port";
import type { PostgresServer } from "../../activities/postgres/port";
import type { ProcedureResult } from "../../workflows/procedure/ending";
import type { PreparedServers } from "../prepare-servers";
import type { ServersPlan } from "../servers-plan";

const MiB = 1_048_576;

const methodSchema = z.discriminatedUnion("method", [
  z.strictObject({
    method: z.literal("basebackup"),
    /** MiB a second; PostgreSQL takes 32 KiB to 1,024 MiB. */
    maxRateMiB: z.number().min(0.032).max(1_024).optional(),
    /** Done by the server, from PostgreSQL 15 on. */
    compress: z
      .strictObject({
        algorithm: z.enum(["gzip", "lz4", "zstd"]),
        level: z.int().min(1).max(22).optional(),
      })
      .optional(),
  }),
  z.strictObject({
    method: z.literal("pgbackrest"),
    stanza: idSchema,
    /** Processes that copy at once, on each side. */
    processMax: z.int().min(1).max(64).default(2),
    config: z
      .string()
      .regex(/^\/\S+$/, "expected an absolute path")
      .optional(),
    /** Where `backup` runs. */
    backupOn: z.enum(["primary", "replica"]).default("replica"),
    /** A folder that `config-include-path` names there. */
    includePath: z
      .string()
      .regex(/^\/\S+$/, "expected an absolute path")
      .optional(),
  }),
]);

const percentSchema = z.number().min(1).max(99);

/** Percent of what slots may hold that the run's slot has used up. */
const slotSchema = z
  .strictObject({
    warn: percentSchema.default(50),
    hold: percentSchema.default(70),
    abort: percentSchema.default(90),
    /** Most WAL that slots may hold, in MiB; default: half of what is free on the primary. */
    capMiB: z.int().min(64).optional(),
  })
  .refine(
    ({ warn, hold, abort }) => warn < hold && hold < abort,
    "expected warn below hold below abort",
  );

const verifySchema = z.strictObject({
  policy: z.enum(["quick", "standard", "full"]).default("standard"),
  /** Tables that are written to, compared under a SHARE lock once the standby streams: their writers wait. */
  locked: z
    .array(
      z.strictObject({
        database: z.string().min(1),
        /** `schema.table` each, as PostgreSQL reads a name. */
        tables: z.array(z.string().min(1)).min(1).max(200),
      }),
    )
    .max(50)
    .default([]),
  /** Seconds for which one table may stay locked. */
  lockedS: z.number().min(1).max(600).default(30),
  /** Hours until the record counts no more. */
  validForH: z.number().min(1).max(8_760).default(168),
});

const lagSchema = z.strictObject({
  bytes: z.int().min(0).default(MiB),
  seconds: z.number().min(0.1).max(3_600).default(5),
  /** In a row. */
  samples: z.int().min(1).max(1_000).default(6),
  everyS: z.number().min(0.2).max(600).default(10),
});

export const replicaSetupInputSchema = z.strictObject({
  /** A target of the configuration that has `postgres`. */
  target: idSchema,
  /** Change id; with the target it names the run. */
  change: idSchema,
  mode: z.enum(["plan", "execute"]).default("plan"),
  /** Hosts of the target. */
  primary: idSchema,
  replica: idSchema,
  backup: methodSchema.prefault({ method: "basebackup" }),
  /** Reads the whole primary once before anything is written, from PostgreSQL 15 on. */
  deepRead: z.boolean().default(false),
  preflight: z
    .strictObject({
      /** How long the primary's WAL is watched for its rate. */
      walRateOverS: z.number().min(1).max(3_600).default(60),
      /** A transaction open for longer is a fault. */
      longTransactionS: z.number().min(1).max(86_400).default(3_600),
    })
    .prefault({}),
  slot: slotSchema.prefault({}),
  verify: verifySchema.prefault({}),
  lag: lagSchema.prefault({}),
  /** Commits wait for the standby, once it has caught up. */
  synchronous: z.boolean().default(false),
  /** Seconds within which a switchover must have promoted, or the primary is back. */
  timeBoxS: z.int().min(30).max(3_600).default(300),
  /** Hours until a question is asked anew. */
  gateExpiresH: z.number().min(0.1).max(720).default(24),
});
export type ReplicaSetupInput = z.input<typeof replicaSetupInputSchema>;
export type ReplicaSetupSettings = z.output<typeof replicaSetupInputSchema>;

export type ReplicaPlan = ServersPlan<ReplicaSetupSettings> & {
  readonly primary: PostgresServer;
  readonly replica: PostgresServer;
};

export type PreparedReplicaSetup = PreparedServers<ReplicaPlan>;

export interface ReplicaSetupResult extends ProcedureResult {
  readonly plan?: ArtifactRef;
}
