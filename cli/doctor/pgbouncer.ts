import type { PostgresPorts } from "../../activities/postgres/port";
import { runMark } from "../../activities/postgres/run-mark";
import { bouncerOn } from "../../activities/postgres/switchover/bouncer-on";
import { BouncerDesk } from "../../activities/postgres/switchover/pgbouncer";
import { type Check, check, fail, pass } from "./check";
import type { PostgresTarget } from "./postgres";

/** The console that a switchover pauses and resumes, and the file that it rewrites. Reads only. */
export async function bouncerChecks(
  ports: PostgresPorts,
  { name, settings: { pgbouncer }, access, hosts }: PostgresTarget,
): Promise<readonly Check[]> {
  if (pgbouncer === undefined) return [];
  const { address, port, databases, databasesFile } = pgbouncer;
  const host = hosts.find(({ id }) => id === pgbouncer.host);
  if (host === undefined)
    return [
      {
        name: `PgBouncer ${pgbouncer.host}`,
        ...fail(
          `not in the inventory of ${name}`,
          `Add the host there, or correct postgres.pgbouncer.host of ${name}.`,
        ),
      },
    ];
  const bouncer = bouncerOn(pgbouncer, access, host);
  const run = runMark({ workflowId: "doctor", rootRunId: "doctor" });
  const desk = new BouncerDesk(ports, bouncer, { run });
  return Promise.all([
    check(`PgBouncer console of ${name}`, async () => {
      await desk.entries();
      return pass(`${address}:${port} has ${databases.join(", ")}`);
    }),
    check(`PgBouncer file of ${name}`, async () => {
      await desk.requireFile();
      return pass(`${databasesFile} can be read and replaced`);
    }),
  ]);
}
