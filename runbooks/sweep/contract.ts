import { z } from "zod";
import type { ArtifactRef } from "../../activities/artifacts/port";
import { idSchema } from "../../activities/inventory/port";
import type { Findings } from "../../activities/sweep/port";
import type { SweepPage } from "./plan";

export const sweepInputSchema = z.strictObject({
  target: idSchema,
  /** Names the run; a Schedule appends its time. */
  change: idSchema,
  /** `look` changes nothing. */
  mode: z.enum(["look", "free"]).default("look"),
  /** Stop jobs of runs that are over, instead of leaving them to their end. */
  stopJobs: z.boolean().default(false),
  /** Remove folders of jobs that ended more than so many days ago. */
  olderThanD: z.int().min(1).max(3_650).optional(),
  /** Hosts asked at once. */
  atOnce: z.int().min(1).max(500).default(50),
  /** For the look at one host. */
  hostS: z.number().min(1).max(600).default(30),
});
export type SweepInput = z.input<typeof sweepInputSchema>;
export type SweepSettings = z.output<typeof sweepInputSchema>;

/** What a sweep goes by, once its input was judged and the inventory was asked. */
export interface PreparedSweep {
  readonly settings: SweepSettings;
  readonly summary: string;
  /** A `SweptHosts` in the artifact store. */
  readonly hosts: ArtifactRef;
  readonly count: number;
  readonly pages: readonly SweepPage[];
  /** Its PostgreSQL servers, in the artifact store; absent where it has none. */
  readonly postgres?: {
    readonly servers: ArtifactRef;
    /** Those of hosts without a site come as null. */
    readonly sites: readonly (string | null)[];
  };
}

/** What a sweep found, and what became of it. */
export interface SweepReport extends Findings {
  readonly target: string;
  readonly mode: SweepSettings["mode"];
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Of the inventory. */
  readonly hosts: number;
}

export interface SweepResult {
  readonly outcome: "completed" | "template";
  readonly counts: Readonly<Record<string, number>>;
  readonly report?: {
    readonly json: ArtifactRef;
    readonly markdown: ArtifactRef;
    readonly csv: ArtifactRef;
  };
  readonly text: string;
}
