import { z } from "zod";
import type { ArtifactRef } from "../../activities/artifacts/port";
import { idSchema } from "../../activities/inventory/port";
import type { PostgresServer } from "../../activities/postgres/port";
import type { ProcedureResult } from "../../workflows/procedure/ending";
import type { PreparedServers } from "../prepare-servers";
import type { ServersPlan } from "../servers-plan";

/** As `runbook report` and the record's own run name it. */
const recordSchema = z.strictObject({
  key: z.string().min(1).max(512),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, "expected 64 hexadecimal digits in lower case"),
  bytes: z.int().min(1),
});

/** What must hold before anything is touched; measured for the approval, and again at the last second. */
const guardsSchema = z.strictObject({
  /** Between what the primary has written and what the standby has replayed. */
  lagMiB: z.number().min(0).max(65_536).default(16),
  /** Seconds by which the standby replays behind. */
  lagS: z.number().min(0.1).max(3_600).default(5),
  /** WAL files that wait for the archiver: a shutdown does not end before them. */
  archiveBacklog: z.int().min(0).max(100_000).default(8),
  /** A transaction open for longer is a fault: the drain would wait for it. */
  transactionS: z.number().min(1).max(86_400).default(60),
  /** Unlogged tables, which are empty on a promoted standby. */
  unloggedTables: z.int().min(0).max(100_000).default(0),
});

export const switchoverInputSchema = z.strictObject({
  /** A target of the configuration that has `postgres`. */
  target: idSchema,
  /** Change id; with the target it names the run. */
  change: idSchema,
  mode: z.enum(["plan", "execute"]).default("plan"),
  /** Hosts of the target, as they are before the switch. */
  primary: idSchema,
  standby: idSchema,
  /** Seconds from the drain until clients write again; what has not promoted by then goes back. */
  timeBoxS: z.int().min(30).max(3_600).default(300),
  /** Of the verification of the backup that the standby was made from. */
  record: recordSchema.optional(),
  /** Why it may switch over although nothing proves the standby's data. */
  withoutRecord: z.string().trim().min(1).max(500).optional(),
  guards: guardsSchema.prefault({}),
  /** Seconds for transactions to end by themselves; part of the time box. */
  drainS: z.int().min(1).max(600).default(30),
  /** The old primary as a standby, at the end. */
  lag: z
    .strictObject({
      bytes: z.int().min(0).default(16_777_216),
      seconds: z.number().min(0.1).max(3_600).default(10),
    })
    .prefault({}),
  /** Hours until a question is asked anew. */
  gateExpiresH: z.number().min(0.1).max(720).default(24),
});
export type SwitchoverInput = z.input<typeof switchoverInputSchema>;
export type SwitchoverSettings = z.output<typeof switchoverInputSchema>;

/** Servers by their names before the switch. */
export type SwitchoverPlan = ServersPlan<SwitchoverSettings> & {
  readonly primary: PostgresServer;
  readonly standby: PostgresServer;
};

export type PreparedSwitchover = PreparedServers<SwitchoverPlan>;

/** Its outcome: `completed`, `completed late`, `went back`, `denied`, `neither open` or a word of every procedure. */
export interface SwitchoverResult extends ProcedureResult {
  readonly plan?: ArtifactRef;
  /** How long clients could not write, in milliseconds; absent where they never had to wait, or still do. */
  readonly pausedMs?: number;
}
