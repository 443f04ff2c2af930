import { z } from "zod";
import type { ArtifactRef } from "../../activities/artifacts/port";
import { idSchema } from "../../activities/inventory/port";
import type { PostgresServer } from "../../activities/postgres/port";
import { folderSchema } from "../../activities/postgres/schema";
import type { FoundBackup } from "../../activities/postgres/verify/port";
import type { ProcedureResult } from "../../workflows/procedure/ending";
import type { PreparedServers } from "../prepare-servers";
import type { ServersPlan } from "../servers-plan";

/** As finished attempts and pgBackRest's backups are called. */
const isName = (text: string): boolean =>
  /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/.test(text);

const backupSchema = z
  .string()
  .refine(
    (text) => isName(text) || folderSchema.safeParse(text).success,
    "expected what a finished attempt is called, or the absolute path of a backup\nhint: without .., doubled slashes or one at its end",
  );

export const verifyBackupInputSchema = z.strictObject({
  /** A target of the configuration that has `postgres`. */
  target: idSchema,
  /** Names the run; a Schedule appends its time. */
  change: idSchema,
  mode: z.enum(["plan", "execute"]).default("plan"),
  /** Of the target; the backup lies below its work folder. */
  host: idSchema,
  backup: backupSchema,
  /** Whose rows are compared (V8), and who is asked for nothing else. */
  primary: idSchema.optional(),
  policy: z.enum(["quick", "standard", "full"]).default("standard"),
  /** Instead of the policy's; V1 to V3 always run, and V5 with each that reads the scratch instance. */
  levels: z
    .array(z.enum(["V1", "V2", "V3", "V4", "V5", "V6", "V7", "V8", "V9"]))
    .min(1)
    .max(9)
    .optional(),
  /** Hours until the record counts no more. */
  validForH: z.number().min(1).max(8_760).default(168),
  /** Hours until a question is asked anew. */
  gateExpiresH: z.number().min(0.1).max(720).default(24),
});
export type VerifyBackupInput = z.input<typeof verifyBackupInputSchema>;
export type VerifyBackupSettings = z.output<typeof verifyBackupInputSchema>;

/** What the input means, before anybody has looked for the backup. */
export type SoughtPlan = ServersPlan<VerifyBackupSettings> & {
  readonly host: PostgresServer;
  readonly primary?: PostgresServer;
};

export type VerifyBackupPlan = SoughtPlan & { readonly found: FoundBackup };

export interface PreparedVerifyBackup extends PreparedServers<VerifyBackupPlan> {
  /** A Schedule has opened the run: it asks nobody about what fails. */
  readonly isScheduled: boolean;
}

/** Its outcome: `completed`, `failed` of a scheduled run, or a word of every procedure. */
export interface VerifyBackupResult extends ProcedureResult {
  readonly plan?: ArtifactRef;
  /** Absent where a level failed, or nothing was verified. */
  readonly record?: ArtifactRef;
}
