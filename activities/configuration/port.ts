import { z } from "zod";
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
});

/** The operator's configuration file (`RUNBOOK_CONFIG`). Paths in it are relative to the file. */
export const configurationSchema = z.strictObject({
  targets: z.record(idSchema, targetSchema),
  components: z.record(idSchema, componentSchema),
});
export type Configuration = z.output<typeof configurationSchema>;

export interface ConfigurationSource {
  /** Reads the file anew, so that an edit counts from the next plan on. @throws config.* */
  read(): Promise<Configuration>;
}
