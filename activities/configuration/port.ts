import { z } from "zod";
import { hostContractSchema } from "../host/port";
import { idSchema, inventorySourceSchema } from "../inventory/port";
import { sshAccessSchema } from "../ssh/port";

/** One place where hosts live: how they are found and how they are reached. */
const targetSchema = z.strictObject({
  inventory: inventorySourceSchema,
  ssh: sshAccessSchema.prefault({}),
});

/** The operator's configuration file (`RUNBOOK_CONFIG`). Paths in it are relative to the file. */
export const configurationSchema = z.strictObject({
  targets: z.record(idSchema, targetSchema),
  components: z.record(idSchema, hostContractSchema),
});
export type Configuration = z.output<typeof configurationSchema>;

export interface ConfigurationSource {
  /** Reads the file anew, so that an edit counts from the next plan on. @throws config.* */
  read(): Promise<Configuration>;
}
