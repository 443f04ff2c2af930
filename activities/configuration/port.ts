import { z } from "zod";
import { approvalsSchema } from "../approvals/port";
import { idSchema, inventorySourceSchema } from "../inventory/port";
import { balancerSchema } from "../loadbalancer/port";
import { componentSchema } from "../recipes/port";
import { sshAccessSchema } from "../ssh/port";

/** One place where hosts live: how they are found, how they are reached, and what stands in front of them. */
const targetSchema = z.strictObject({
  inventory: inventorySourceSchema,
  ssh: sshAccessSchema.prefault({}),
  /** What stands in front of the hosts; without it nobody but their own `drain` takes them out. */
  balancer: balancerSchema.optional(),
  /** Who may answer which gate of a run on this target; stands instead of the file's own. */
  approvals: approvalsSchema.optional(),
});

/** The operator's configuration file (`RUNBOOK_CONFIG`). Paths in it are relative to the file. */
export const configurationSchema = z.strictObject({
  targets: z.record(idSchema, targetSchema),
  components: z.record(idSchema, componentSchema),
  /** Who may answer which gate; without it anybody's word counts, and is called a claim. */
  approvals: approvalsSchema.optional(),
});
export type Configuration = z.output<typeof configurationSchema>;

export interface ConfigurationSource {
  /** Reads the file anew, so that an edit counts from the next plan on. @throws config.* */
  read(): Promise<Configuration>;
}
