import { can, databaseCollations } from "../versions";
import { ownSchema } from "../slot/port";
import { standbySettings } from "./needed-files";

/** What preflight asks a primary by SQL; every text reads only. Pure. */

const settingNames = [
  ...["wal_level", "full_page_writes", "wal_log_hints", "data_checksums"],
  ...["data_directory", "config_file", "hba_file", "ident_file"],
  ...["max_replication_slots", "max_slot_wal_keep_size", "max_wal_size"],
  ...["wal_segment_size", "archive_mode", "shared_preload_libraries"],
  ...["ssl", "ssl_cert_file", "ssl_key_file", "ssl_ca_file"],
  ...["logging_collector", "log_directory", "unix_socket_directories"],
  ...standbySettings,
];

export const questions = {
  identity: `
select system_identifier::text as "systemIdentifier", current_setting('server_version_num')::int as "serverVersionNum",
       pg_is_in_recovery() as "isInRecovery", (select timeline_id from pg_control_checkpoint()) as timeline
from pg_control_system()`,

  /** Numbers in the unit in which the server keeps them. */
  settings: `select name, setting from pg_settings where name in (${settingNames.map((name) => `'${name}'`).join(", ")})`,

  rights: (major: number): string => `
select rolname as "user", rolsuper as "isSuper", rolsuper or rolreplication as replicates,
       pg_has_role('pg_monitor', 'usage') as monitors,
       has_database_privilege(current_database(), 'create') or to_regnamespace('${ownSchema}') is not null as creates,
       rolsuper${can(major, "parameterRights") ? " or has_parameter_privilege('max_slot_wal_keep_size', 'alter system')" : ""} as alters
from pg_roles where rolname = current_user`,

  hasAmcheckHere: `select exists(select from pg_extension where extname = 'amcheck') as has`,

  /** $1: our own name. */
  senders: `select count(*)::int as used from pg_stat_replication where application_name <> $1`,

  slots: `
select slot_name as name, active as "isActive", coalesce(wal_status, 'unknown') as "walStatus",
       coalesce(pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn), 0)::float8 as "heldBytes"
from pg_replication_slots order by slot_name`,

  sync: `
select current_setting('synchronous_standby_names') as names,
       (select count(*) from pg_stat_replication where state = 'streaming' and sync_state in ('sync', 'quorum'))::int as connected`,

  archive: `
select current_setting('archive_mode') as mode,
       (select count(*) from pg_ls_archive_statusdir() where name like '%.ready')::int as ready,
       case when last_failed_time > coalesce(last_archived_time, '-infinity') then last_failed_wal end as failing
from pg_stat_archiver`,

  /** $1: milliseconds. */
  longTransactions: `
select count(*)::int as count, coalesce(max(extract(epoch from now() - xact_start)) * 1000, 0)::float8 as "oldestMs",
       (select count(*) from pg_prepared_xacts)::int as prepared
from pg_stat_activity
where backend_type = 'client backend' and pid <> pg_backend_pid() and xact_start < now() - $1 * interval '1 millisecond'`,

  tablespaces: `
select oid::text as oid, spcname as name, pg_tablespace_location(oid) as location, pg_tablespace_size(oid)::float8 as bytes
from pg_tablespace where spcname not in ('pg_default', 'pg_global') order by oid`,

  databases: (major: number): string => `
select d.datname as name, pg_database_size(d.oid)::float8 as bytes, d.datistemplate as "isTemplate", d.datallowconn as "mayConnect",
       ${can(major, "databaseCollation") ? "d.datlocprovider" : "'c'"}::text as provider, array[d.datcollate, d.datctype]::text[] as locales,
       c.recorded, c.actual
from pg_database d left join (${databaseCollations(major)}) c on c.name = d.datname order by d.datname`,

  hasAmcheck: `select exists(select from pg_available_extensions where name = 'amcheck') as has`,

  wal: `select pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::float8 as bytes, extract(epoch from clock_timestamp())::float8 as at`,
} as const;
