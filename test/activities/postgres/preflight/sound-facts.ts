import type {
  HostFacts,
  PreflightFacts,
} from "../../../../activities/postgres/preflight/facts";

const gb = 1_024 ** 3;
const names = [
  ...["postgres", "pg_ctl", "pg_controldata", "pg_basebackup"],
  ...["pg_verifybackup", "pg_waldump", "pg_checksums", "pg_amcheck"],
  ...["psql", "pg_isready", "pg_dump", "pg_dumpall"],
];

const host: HostFacts = {
  ...{ uid: 101, user: "postgres", umask: "0077", workMode: "700" },
  programs: Object.fromEntries(names.map((name) => [name, "15.18"])),
  ...{ target: "absent", targetTablespaces: "absent" },
  ...{ dataReal: "/pg/data", workReal: "/pg/backups" },
  ...{ mayWriteData: true, mayWriteWork: true, isAnswering: false },
  dataSpace: { freeBytes: 100 * gb, mount: "/pg" },
  workSpace: { freeBytes: 100 * gb, mount: "/pg" },
  ...{ bootId: "b-2", libc: "glibc 2.36", icu: "72.1", isClockKept: "yes" },
  locales: { "en_US.UTF-8": "1" },
  libraries: { amcheck: true, pg_stat_statements: true },
  files: { "/run/postgresql": true },
  ...{ clockMs: 10, clockWithinMs: 5 },
};

const settings = {
  ...{ wal_level: "replica", full_page_writes: "on", wal_log_hints: "off" },
  ...{ data_checksums: "on", data_directory: "/srv/pg" },
  config_file: "/srv/pg/postgresql.conf",
  hba_file: "/srv/pg/pg_hba.conf",
  ident_file: "/srv/pg/pg_ident.conf",
  ...{ max_replication_slots: "10", max_slot_wal_keep_size: "-1" },
  ...{ max_wal_size: "1024", wal_segment_size: "16777216" },
  ...{ archive_mode: "off", unix_socket_directories: "/run/postgresql" },
  ...{ ssl: "off", logging_collector: "off" },
  shared_preload_libraries: "pg_stat_statements",
  ...{ max_connections: "100", max_worker_processes: "8" },
  ...{ max_wal_senders: "10", max_prepared_transactions: "0" },
  max_locks_per_transaction: "64",
};

/** Two hosts and a primary with which nothing is wrong. */
export const sound: PreflightFacts = {
  ...{ ours: "rb_1", primaryId: "db-1", replicaId: "db-2" },
  paths: { primaryData: "/srv/pg", data: "/pg/data", work: "/pg/backups" },
  identity: {
    value: {
      ...{ systemIdentifier: "7", serverVersionNum: 150_018 },
      ...{ timeline: 1, isInRecovery: false },
    },
  },
  rights: { value: { user: "runbooks", lacks: [] } },
  settings: { value: settings },
  startSettings: { value: settings },
  senders: { value: { used: 2 } },
  slots: { value: [] },
  sync: { value: { names: "", connected: 0 } },
  archive: { value: { mode: "off", ready: 0 } },
  longTransactions: { value: { count: 0, oldestMs: 0, prepared: 0 } },
  tablespaces: {
    value: [{ oid: "1", name: "cold", location: "/srv/cold", bytes: 1 }],
  },
  databases: {
    value: [
      {
        ...{ name: "shop", bytes: 10 * gb, isTemplate: false },
        ...{ mayConnect: true, provider: "libc", locales: ["en_US.UTF-8"] },
        ...{ recorded: "2.36", actual: "2.36" },
      },
    ],
  },
  hasAmcheck: { value: true },
  wal: { value: { bytesPerS: 1_000_000, overMs: 60_000 } },
  primaryHost: {
    value: {
      ...host,
      ...{ bootId: "b-1", dataReal: "/srv/pg", systemIdentifier: "7" },
      walSpace: { freeBytes: 50 * gb, mount: "/srv" },
    },
  },
  replicaHost: { value: host },
  login: { value: { systemIdentifier: "7" } },
  deepRead: { value: { tookMs: 60_000 } },
};
