import { z } from "zod";
import { type LabRecord, readLabRecord } from "../../lab/hosts/stop-lab";
import type { Context } from "../context";
import { cliError } from "../errors";
import { answer } from "../output";

const postgresSchema = z.object({
  primary: z.string(),
  replica: z.string(),
  pgbouncer: z.string(),
  writes: z.object({ acknowledged: z.number(), unanswered: z.number() }),
  writesLog: z.string(),
});

const networkSchema = z.object({
  sites: z.number(),
  connections: z.number(),
  sources: z.number(),
});

const statusSchema = z.looseObject({
  hosts: z.number(),
  up: z.number(),
  connections: z.number(),
  faults: z.array(z.string()),
  version: z.string(),
  startedAt: z.string(),
  postgres: postgresSchema.optional(),
  network: networkSchema.optional(),
});

/** What the lab in a folder does. @throws cli.labSilent */
export async function showLab(context: Context, dir: string): Promise<void> {
  const record = readLabRecord(dir);
  if (record === undefined)
    throw cliError("labSilent", { seen: `there is no lab in ${dir}` });
  const status = await askLab(record);
  const { hosts, up, connections, faults, startedAt, postgres } = status;
  const { network } = status;
  answer(context, { ...record, ...status }, [
    `Lab in ${dir}: ${up} of ${hosts} hosts up, ${connections} connections, since ${startedAt}`,
    `  Faults: ${faults.join(", ") || "none"}`,
    ...(postgres === undefined ? [] : postgresLines(postgres)),
    ...(network === undefined
      ? []
      : [
          `  Sites: ${network.sites}; connections to them so far: ${network.connections}, from ${network.sources} addresses`,
        ]),
    `  export RUNBOOK_CONFIG=${record.configFile}`,
  ]);
}

function postgresLines({
  primary,
  replica,
  pgbouncer,
  writes: { acknowledged, unanswered },
  writesLog,
}: z.output<typeof postgresSchema>): string[] {
  return [
    `  Host primary: ${primary}; host replica: ${replica}; PgBouncer: ${pgbouncer}`,
    `  Writes: ${acknowledged} acknowledged, ${unanswered} unanswered, by ${writesLog}`,
  ];
}

async function askLab({ controlUrl, dir }: LabRecord) {
  try {
    const response = await fetch(`${controlUrl}/status`);
    return statusSchema.parse(await response.json());
  } catch (cause) {
    const seen = `the lab in ${dir} does not answer at ${controlUrl}`;
    throw cliError("labSilent", { seen, cause });
  }
}
