import { z } from "zod";
import { approvalsSchema } from "../approvals/port";
import { calendarDocumentSchema } from "../calendar/document";
import { egressSchema } from "../egress/schema";
import { idSchema, inventorySourceSchema } from "../inventory/port";
import { balancerSchema } from "../loadbalancer/port";
import { postgresSchema } from "../postgres/schema";
import { componentSchema } from "../recipes/port";
import { sshAccessSchema } from "../ssh/port";

/** One place where hosts live: how they are found, how they are reached, and what stands in front of them. */
const targetSchema = z.strictObject({
  inventory: inventorySourceSchema,
  ssh: sshAccessSchema.prefault({}),
  /** What stands in front of the hosts; without it nobody but their own `drain` takes them out. */
  balancer: balancerSchema.optional(),
  /** The PostgreSQL servers among the hosts. */
  postgres: postgresSchema.optional(),
  /** The gateways by which the hosts reach customers. */
  egress: egressSchema.optional(),
  /** Who may answer which gate of a run on this target; stands instead of the file's own. */
  approvals: approvalsSchema.optional(),
  /** Names of calendars; work may start while all of them are open. Without any it may always. */
  calendars: z.array(idSchema).default([]),
});

/** The operator's configuration file (`RUNBOOK_CONFIG`). Paths in it are relative to the file. */
const sectionsSchema = z.strictObject({
  targets: z.record(idSchema, targetSchema),
  components: z.record(idSchema, componentSchema),
  /** Who may answer which gate; without it anybody's word counts, and is called a claim. */
  approvals: approvalsSchema.optional(),
  calendars: z.record(idSchema, calendarDocumentSchema).default({}),
});

/** As much of a configuration as names calendars, the rest of which may be wrong. */
const namesSchema = z.object({
  targets: z.record(
    z.string(),
    z.object({ calendars: z.array(z.string()).default([]) }),
  ),
  calendars: z.record(z.string(), z.unknown()).default({}),
});

/** Names that lead nowhere are told beside all other faults. */
export const configurationSchema = sectionsSchema.superRefine(
  (written, context) => {
    const { success, data } = namesSchema.safeParse(written);
    if (!success) return;
    const known = Object.keys(data.calendars);
    for (const [target, { calendars }] of Object.entries(data.targets))
      for (const [index, name] of calendars.entries())
        if (!known.includes(name))
          context.addIssue({
            code: "custom",
            path: ["targets", target, "calendars", index],
            message: `expected ${known.length === 0 ? "a calendar, but there is none" : `one of ${known.join(", ")}`}`,
          });
  },
  { when: () => true },
);
export type Configuration = z.output<typeof configurationSchema>;

export interface ConfigurationSource {
  /** Reads the file anew, so that an edit counts from the next plan on. @throws config.* */
  read(): Promise<Configuration>;
}
