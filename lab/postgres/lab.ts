import { join, resolve } from "node:path";
import { z } from "zod";
import { parse } from "../../activities/faults";
import { labError } from "../hosts/errors";
import { startLab, type Lab } from "../hosts/lab";
import type { LabOptions } from "../hosts/options";
import { freePort } from "../temporal/ports";
import { bouncerMissing } from "./bouncer";
import { postgresMissing } from "./ground";
import { PostgresGuest } from "./guest";

export interface PostgresLabOptions extends Pick<LabOptions, "faults" | "dir"> {
  /** Of the primary's data, in megabytes. */
  readonly sizeMb: number;
}

const sizeSchema = z.strictObject({ sizeMb: z.int().min(1).max(100_000) });

/** A lab whose hosts are PostgreSQL's: a filled primary, an empty replica's host, and PgBouncer where it is installed. */
export interface PostgresLab extends Lab {
  readonly postgres: PostgresGuest;
}

/**
 * Starts it in a folder of its own; all of it ends with this process, whatever ends that.
 *
 * @throws lab.postgresMissing, and what `startLab` throws
 */
export async function startPostgresLab(
  options: PostgresLabOptions,
): Promise<PostgresLab> {
  const missing = postgresMissing();
  if (missing !== undefined)
    throw labError("postgresMissing", { seen: missing });
  const { sizeMb: size, ...others } = options;
  const { sizeMb } = parse(
    sizeSchema,
    { sizeMb: size },
    { system: "input", what: "lab" },
  );
  const bouncer = bouncerMissing() === undefined ? ["pgbouncer"] : [];
  const ids = ["primary", "replica", ...bouncer];
  const ports = Object.fromEntries(
    await Promise.all(ids.map(async (id) => [id, await freePort()] as const)),
  );
  const dir = resolve(options.dir);
  const writesLog = join(dir, "writes.log");
  const guest = new PostgresGuest({ ports, sizeMb, writesLog });
  const lab = await startLab(
    {
      ...others,
      ids,
      service: false,
      hostEnv: Object.fromEntries(
        ids.map((id) => [id, { PGPORT: String(ports[id]) }]),
      ),
    },
    guest,
  );
  return Object.assign(lab, { postgres: guest });
}
