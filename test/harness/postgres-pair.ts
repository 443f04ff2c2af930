import { createSql } from "../../activities/postgres/client";
import type {
  PostgresPorts,
  PostgresServer,
  RunMark,
} from "../../activities/postgres/port";
import { createPrograms } from "../../activities/postgres/programs";
import { nameOf, runMark } from "../../activities/postgres/run-mark";
import { publishStandby } from "../../activities/postgres/standby/publish";
import { startServer } from "../../activities/postgres/standby/start-server";
import { bouncerOn } from "../../activities/postgres/switchover/bouncer-on";
import type { SwitchOrder } from "../../activities/postgres/switchover/port";
import { createSsh } from "../../activities/ssh/ssh";
import type { Cluster } from "../../lab/postgres/cluster";
import { eventually } from "./eventually";
import { type PgLab, type PgLabOptions, startPgLab } from "./postgres-cluster";

/** A primary and a standby that streams from it, and what activities act through. */
export interface PgPair {
  readonly lab: PgLab;
  readonly ports: PostgresPorts;
  readonly run: RunMark;
  readonly order: SwitchOrder;
  readonly copy: { readonly path: string; readonly systemIdentifier: string };
  /** The server on that host. */
  clusterOf(server: PostgresServer): Cluster;
  stop(): Promise<void>;
}

export async function startPgPair(options: PgLabOptions = {}): Promise<PgPair> {
  const lab = await startPgLab({ fill: { sizeMb: 1 }, ...options });
  const ssh = createSsh();
  const ports = { sql: createSql(), programs: createPrograms(ssh) };
  const { primary, replica } = lab.servers;
  const run = markOf("run-1");
  const bouncer =
    options.pgbouncer === true
      ? bouncerOn(
          lab.pgbouncer.settings,
          lab.pgbouncer.ssh.access,
          lab.pgbouncer.ssh.host,
        )
      : undefined;
  const copy = await copyTo(lab, run, 1);
  const pair: PgPair = {
    ...{ lab, ports, run, copy },
    order: { run, primary, standby: replica, bouncer },
    clusterOf: ({ id }) => lab.cluster(id),
    stop: async () => {
      await ssh.close();
      await lab.stop();
    },
  };
  try {
    await publishStandby(ports.programs, {
      ...{ run, primary, replica, backup: copy, slot: nameOf(run) },
    });
    await startServer(ports.programs, { run, server: replica });
    await streaming(lab.primary);
  } catch (error) {
    await pair.stop();
    throw error;
  }
  return pair;
}

export const markOf = (rootRunId: string): RunMark =>
  runMark({ workflowId: "switchover:lab:CHG-1", rootRunId });

export const streaming = (primary: Cluster): Promise<unknown> =>
  eventually(
    async () =>
      (await primary.sql(
        "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'",
      )) !== "0" || undefined,
    20_000,
  );

/** A copy of the primary in the folder of a run's attempt, on a slot of that run. */
export async function copyTo(
  lab: PgLab,
  run: RunMark,
  attempt: number,
): Promise<PgPair["copy"]> {
  const { primary, servers } = lab;
  const { workFolder, id } = servers.replica;
  const path = `${workFolder}/attempts/${run.short}-${attempt}`;
  const systemIdentifier = await primary.sql(
    "SELECT system_identifier FROM pg_control_system()",
  );
  await primary.sql(
    `SELECT pg_create_physical_replication_slot('${nameOf(run)}', true) WHERE NOT EXISTS
     (SELECT FROM pg_replication_slots WHERE slot_name = '${nameOf(run)}')`,
  );
  const { address, port } = servers.primary.sql;
  const spaces = (
    await primary.sql(
      "SELECT oid || '=' || pg_tablespace_location(oid) FROM pg_tablespace WHERE spcname !~ '^pg_'",
    )
  )
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.split("="));
  await lab.replica.run([
    ...(["sh", "-c", 'mkdir -p "$1"', "sh"] as const),
    `${workFolder}/attempts`,
  ]);
  await lab.replica.run([
    ...["pg_basebackup", "-D", path, "-c", "fast", "-S", nameOf(run)],
    ...[
      "-d",
      `host=${address} port=${port} user=repl passfile=${lab.passfile}`,
    ],
    ...spaces.flatMap(([oid = "", old = ""]) => [
      "-T",
      `${old}=${path}.tblspc/${oid}`,
    ]),
  ] as [string, ...string[]]);
  const { workflowId, rootRunId } = run;
  const owner = JSON.stringify({
    workflowId,
    rootRunId,
    host: id,
    systemIdentifier,
  });
  await lab.replica.run(
    ["sh", "-c", 'cat >"$1.owner"', "sh", path],
    `${owner}\n`,
  );
  return { path, systemIdentifier };
}
