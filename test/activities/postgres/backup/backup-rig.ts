import { execFileSync } from "node:child_process";
import { createSql } from "../../../../activities/postgres/client";
import { createPrograms } from "../../../../activities/postgres/programs";
import { nameOf, runMark } from "../../../../activities/postgres/run-mark";
import type { StepProgress } from "../../../../activities/postgres/port";
import { baseBackup } from "../../../../activities/postgres/backup/base-backup";
import type { BackupDependencies } from "../../../../activities/postgres/backup/parts";
import type {
  Backup,
  BackupOrder,
  CopyFacts,
} from "../../../../activities/postgres/backup/port";
import { createSsh } from "../../../../activities/ssh/ssh";
import {
  type PgLab,
  type PgLabOptions,
  startPgLab,
} from "../../../harness/postgres-cluster";

/** A primary, an empty host, and what base backups are taken with. Each order is one of a run of its own. */
export interface BackupRig {
  readonly lab: PgLab;
  readonly deps: BackupDependencies;
  /** What was told, in order. */
  readonly told: StepProgress[];
  /** With a slot of the run, unless it is named otherwise. */
  order(changes?: Partial<BackupOrder>): Promise<BackupOrder>;
  take(order: BackupOrder, signal?: AbortSignal): Promise<Backup>;
  /** Of the run on the primary. */
  walsenders(order: BackupOrder): Promise<number>;
  stop(): Promise<void>;
}

let runs = 0;

export async function startBackupRig(
  options: PgLabOptions = {},
): Promise<BackupRig> {
  const lab = await startPgLab(options);
  const ssh = createSsh();
  const told: StepProgress[] = [];
  const deps: BackupDependencies = {
    ...{ sql: createSql(), programs: createPrograms(ssh) },
    ...{ tell: (progress) => void told.push(progress), pollMs: 200 },
    walsenderMs: 2_000,
  };
  return {
    ...{ lab, deps, told },
    async order(changes = {}) {
      runs += 1;
      const run = runMark({
        workflowId: `replica-setup:test-${runs}`,
        rootRunId: `0199f2a4-0000-7000-8000-${String(runs).padStart(12, "0")}`,
      });
      await lab.primary.sql(
        `select pg_create_physical_replication_slot('${nameOf(run)}', true)`,
      );
      return {
        ...{ run, ...lab.servers, attempt: 1, slot: nameOf(run) },
        method: { kind: "basebackup" },
        facts: await factsOf(lab),
        ...changes,
      };
    },
    take: (order, signal = new AbortController().signal) =>
      baseBackup(deps, order, signal),
    walsenders: async ({ run }) =>
      Number(
        await lab.primary.sql(
          `select count(*) from pg_stat_replication where application_name = '${nameOf(run)}'`,
        ),
      ),
    async stop() {
      await ssh.close();
      await lab.stop();
    },
  };
}

export async function factsOf({ primary }: PgLab): Promise<CopyFacts> {
  const text = await primary.sql(`select json_build_object(
    'systemIdentifier', (select system_identifier::text from pg_control_system()),
    'major', current_setting('server_version_num')::int / 10000,
    'bytes', (select sum(pg_database_size(oid)) from pg_database),
    'tablespaces', (select coalesce(json_agg(json_build_object('oid', oid::text, 'name', spcname, 'location', pg_tablespace_location(oid))), '[]')
      from pg_tablespace where spcname not like 'pg\\_%'))`);
  return JSON.parse(text) as CopyFacts;
}

/** pg_basebackup's processes that copy for the run, by their words. */
export const copiesOf = ({ run }: BackupOrder): number[] =>
  processesWith(`attempts/${run.short}-`, / pg_basebackup /);

/** Ids of processes whose words hold both. */
export function processesWith(text: string, words: RegExp): number[] {
  const out = execFileSync("ps", ["-A", "-o", "pid=,stat=,args="], {
    encoding: "utf8",
  });
  return out
    .split("\n")
    .filter(
      (line) =>
        line.includes(text) && words.test(line) && !/^\s*\d+ Z/.test(line),
    )
    .map((line) => Number(line.trim().split(" ")[0]));
}
