import { postgresError } from "./errors";

/** What differs between the major versions that runs work on. Pure. */

const oldestMajor = 13;
const newestMajor = 18;

/** What servers and programs learned on the way: the first major that can, and what that changes for a run. */
export const abilities = {
  amcheckProgram: {
    since: 14,
    what: "`pg_amcheck` and the check of heaps; before, indexes only, one by one",
  },
  pauseState: {
    since: 14,
    what: "a standby says whether its replay is paused, or only asked to; one with settings too low pauses instead of shutting down",
  },
  backupFunctions: {
    since: 15,
    what: "backups by hand are begun by `pg_backup_start`; before, by `pg_start_backup`",
  },
  serverCompression: {
    since: 15,
    what: "the server compresses what a copy sends (gzip, lz4, zstd)",
  },
  deepRead: {
    since: 15,
    what: "a deep read of the primary that writes nothing (`--target=blackhole`)",
  },
  parameterRights: {
    since: 15,
    what: "a role without superuser may be allowed to set the cap of slots (`GRANT ALTER SYSTEM ON PARAMETER`)",
  },
  databaseCollation: {
    since: 15,
    what: "each database records the version of its collation; before, only what both hosts have now is compared",
  },
  verifyProgress: {
    since: 16,
    what: "`pg_verifybackup` tells its progress",
  },
  systemInManifest: {
    since: 17,
    what: "the manifest names the cluster that it is of; before, `pg_control` alone does",
  },
  slotReason: {
    since: 17,
    what: "a slot that is lost says why",
  },
  incrementalBackup: {
    since: 17,
    what: "incremental backups, where the primary summarizes WAL; runs take full ones",
  },
  verifyTar: {
    since: 18,
    what: "`pg_verifybackup` reads tar files; runs take plain copies",
  },
  idleSlots: {
    since: 18,
    what: "`idle_replication_slot_timeout` gives up slots that nobody uses; a run's slot must outlive its copy and its checks",
  },
  lostSlotRefused: {
    since: 18,
    what: "a lost slot cannot be used again; before, a new standby takes it up, and up to 15 the primary even calls it reserved: runs compare its LSN",
  },
  checksumsByDefault: {
    since: 18,
    what: "initdb turns page checksums on; before, ask for them, or deep damage is found by amcheck and dumps alone",
  },
} as const satisfies Record<
  string,
  { readonly since: number; readonly what: string }
>;
export type Ability = keyof typeof abilities;

export const can = (major: number, ability: Ability): boolean =>
  major >= abilities[ability].since;

/**
 * @param versionNum `server_version_num`: 150018
 * @throws postgres.versionUnsupported
 */
export function majorOf(versionNum: number): number {
  const major = Math.floor(versionNum / 10_000);
  if (major >= oldestMajor && major <= newestMajor) return major;
  throw postgresError("versionUnsupported", {
    seen: `PostgreSQL ${Number.isFinite(major) ? major : "of no known version"}`,
    expected: `${oldestMajor} to ${newestMajor}`,
  });
}

/** An expression of a standby or of a scratch instance: `not paused`, `pause requested` or `paused`. */
export const pauseState = (major: number): string =>
  can(major, "pauseState")
    ? "pg_get_wal_replay_pause_state()"
    : "case when pg_is_wal_replay_paused() then 'paused' else 'not paused' end";

/** `en_US.UTF-8` and `en_US.utf8` are one locale. */
const spelling = (column: string): string =>
  `lower(replace(${column}, '-', ''))`;

/**
 * Of each database: `name`, `collation`, the version that it `recorded` and the one that the host has by now (`actual`); null
 * where there is none, as for the locales C and POSIX.
 */
export const databaseCollations = (major: number): string =>
  can(major, "databaseCollation")
    ? `select datname as name, datcollate as collation, datcollversion as recorded,
              pg_database_collation_actual_version(oid) as actual
       from pg_database where datallowconn order by datname`
    : `select d.datname as name, d.datcollate as collation, null::text as recorded,
              (select pg_collation_actual_version(c.oid) from pg_collation c
               where c.collprovider = 'c' and ${spelling("c.collcollate")} = ${spelling("d.datcollate")}
               order by c.oid limit 1) as actual
       from pg_database d where d.datallowconn order by d.datname`;
