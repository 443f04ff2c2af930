import { join } from "node:path";
import { configurationFile } from "../../activities/configuration/client";
import { hostSchema } from "../../activities/inventory/port";
import { baseBackup } from "../../activities/postgres/backup/base-backup";
import { createSql } from "../../activities/postgres/client";
import type { PostgresPorts } from "../../activities/postgres/port";
import { createPrograms } from "../../activities/postgres/programs";
import { nameOf, runMark } from "../../activities/postgres/run-mark";
import { serverOn } from "../../activities/postgres/servers";
import { createSlot } from "../../activities/postgres/slot/create-slot";
import { publishStandby } from "../../activities/postgres/standby/publish";
import { startServer } from "../../activities/postgres/standby/start-server";
import { watchLag } from "../../activities/postgres/standby/watch-lag";
import { bouncerOn } from "../../activities/postgres/switchover/bouncer-on";
import type { SwitchOrder } from "../../activities/postgres/switchover/port";
import { createSsh } from "../../activities/ssh/ssh";
import { type PostgresLab, startPostgresLab } from "../../lab/postgres/lab";
import { newFolder } from "../fleet/hosts";
import { tableText, Writers, type WritersPlace } from "./writers";

/** Room for the WAL of some minutes of writers. */
const capBytes = 1024 ** 3;
const caughtUp = { bytes: 1024 ** 2, seconds: 5, samples: 3, intervalMs: 200 };

/** A primary, a standby that this product has made of it, and PgBouncer in front, on hosts behind SSH. */
export interface SwitchGround {
  readonly lab: PostgresLab;
  startWriters(count: number): Writers;
  /** Of the clients' database, on the server that writes after an even number of switches, or an odd one. */
  rows(isSwapped: boolean, text: string): Promise<readonly Row[]>;
  stop(): Promise<void>;
}
type Row = Readonly<Record<string, unknown>>;

export async function startSwitchGround(sizeMb: number): Promise<SwitchGround> {
  const dir = join(await newFolder(), "lab");
  const lab = await startPostgresLab({ dir, sizeMb });
  const ssh = createSsh();
  const ports = { sql: createSql(), programs: createPrograms(ssh) };
  const stop = async (): Promise<void> => {
    await ssh.close();
    await lab.stop();
  };
  try {
    await lab.postgres.stopWriters();
    const { order, writers } = await placesOf(lab);
    await lab.postgres.primary.sql(tableText(writers.user), writers.database);
    await makeStandby(ports, order);
    return {
      lab,
      startWriters: (count) => new Writers(writers, count),
      rows: (isSwapped, text) => {
        const { sql } = isSwapped ? order.standby : order.primary;
        const { database } = writers;
        const options = { applicationName: nameOf(order.run) };
        return ports.sql.query({ ...sql, database }, options, text);
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** In whose name the standby is made. */
const builder = runMark({
  workflowId: "switchover:lab:bench",
  rootRunId: "build",
});

/** As a target's configuration has them: it is the lab's own file that is read. */
async function placesOf(
  lab: PostgresLab,
): Promise<{ readonly order: SwitchOrder; readonly writers: WritersPlace }> {
  const { targets } = await configurationFile(lab.configFile).read();
  const target = Object.values(targets).find(({ postgres }) => postgres);
  const settings = target?.postgres;
  const pgbouncer = settings?.pgbouncer;
  if (target === undefined || settings === undefined)
    throw new Error(`${lab.configFile} has no PostgreSQL`);
  if (pgbouncer === undefined)
    throw new Error("PgBouncer is missing: apt-get install pgbouncer");
  const access = target.ssh;
  const hostOf = (wanted: string) => {
    const found = lab.hosts.find(({ id }) => id === wanted);
    const { id, address, port, pool } = found ?? {};
    return hostSchema.parse({ id, address, port, pool });
  };
  const [primary, standby] = ["primary", "replica"].map((id) =>
    serverOn({ settings, access }, hostOf(id)),
  );
  if (primary === undefined || standby === undefined)
    throw new Error("two servers are needed");
  const { address, port } = pgbouncer;
  const password = lab.postgres.clientPassword;
  return {
    order: {
      ...{ run: builder, primary, standby },
      bouncer: bouncerOn(pgbouncer, access, hostOf(pgbouncer.host)),
    },
    writers: { address, port, user: "app", password, database: "shop" },
  };
}

async function makeStandby(
  ports: PostgresPorts,
  { run, primary, standby: replica }: SwitchOrder,
): Promise<void> {
  const { slot } = await createSlot({
    ...{ sql: ports.sql, run, primary, capBytes },
  });
  const [row] = await ports.sql.query<{ system: string; major: number }>(
    primary.sql,
    { applicationName: nameOf(run) },
    "select system_identifier::text as system, current_setting('server_version_num')::int / 10000 as major from pg_control_system()",
  );
  const backup = await baseBackup(
    { ...ports, tell: () => undefined },
    {
      ...{ run, primary, replica, slot, attempt: 1 },
      method: { kind: "basebackup" },
      facts: {
        ...{ systemIdentifier: row?.system ?? "", major: row?.major ?? 0 },
        ...{ bytes: 0, tablespaces: [] },
      },
    },
    new AbortController().signal,
  );
  await publishStandby(ports.programs, {
    ...{ run, primary, replica, backup, slot },
  });
  await startServer(ports.programs, { run, server: replica });
  await watchLag(ports.sql, { run, primary, replica, gate: caughtUp });
}
