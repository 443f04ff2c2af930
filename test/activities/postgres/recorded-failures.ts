import type { PostgresFailure } from "../../../activities/postgres/errors";
import type { SqlFailure } from "../../../activities/postgres/signatures";
import type { ProgramName } from "../../../activities/postgres/port";

/** One way to fail, as it was printed. */
export interface RecordedFailure {
  readonly when: string;
  /** Version of the live server or program that printed it; `source` where it was read in the sources and never run. */
  readonly from: string;
  readonly kind: PostgresFailure;
  readonly sql?: SqlFailure;
  readonly program?: {
    readonly program: ProgramName;
    readonly exitCode: number;
    readonly output: string;
    readonly target?: string;
  };
  /** Lines of a server's log. */
  readonly log?: string;
}

const socket = 'connection to server on socket "/run/.s.PGSQL.5432" failed';

const slots: readonly RecordedFailure[] = [
  {
    when: "a slot of that name exists",
    from: "15.18",
    kind: "slotExists",
    sql: { code: "42710", message: 'replication slot "x" already exists' },
  },
  {
    when: "no slot is free",
    from: "15.18",
    kind: "slotsExhausted",
    sql: {
      code: "53400",
      message: "all replication slots are in use",
      hint: "Free one or increase max_replication_slots.",
    },
  },
  {
    when: "a slot's name is not allowed",
    from: "15.18",
    kind: "slotNameInvalid",
    sql: {
      code: "42602",
      message: 'replication slot name "Bad-Name" contains invalid character',
    },
  },
  {
    when: "the slot to drop is gone",
    from: "15.18",
    kind: "slotGone",
    sql: { code: "42704", message: 'replication slot "y" does not exist' },
  },
  {
    when: "something streams from the slot to drop",
    from: "15.18",
    kind: "slotActive",
    sql: {
      code: "55006",
      message: 'replication slot "x" is active for PID 10167',
    },
  },
  {
    when: "a copy names a slot that is gone",
    from: "15.18",
    kind: "slotGone",
    program: {
      program: "pg_basebackup",
      exitCode: 1,
      output: `pg_basebackup: error: could not send replication command "START_REPLICATION": ERROR:  replication slot "ghost" does not exist
pg_basebackup: error: background process terminated unexpectedly
pg_basebackup: removing data directory "b1"`,
    },
  },
  {
    when: "a standby's slot is gone",
    from: "15.18",
    kind: "slotGone",
    log: `08P01 FATAL:  could not start WAL streaming: ERROR:  replication slot "ghost" does not exist
00000 LOG:  waiting for WAL to become available at 0/5000130`,
  },
  {
    when: "a standby needs WAL that the primary has removed",
    from: "15.18",
    kind: "walRemoved",
    log: `00000 LOG:  started streaming WAL from primary at 0/5000000 on timeline 1
08P01 FATAL:  could not receive data from WAL stream: ERROR:  requested WAL segment 000000010000000000000005 has already been removed
00000 LOG:  waiting for WAL to become available at 0/5000130`,
  },
  {
    when: "the primary gives up a slot that holds too much",
    from: "15.18",
    kind: "slotLost",
    log: 'LOG:  invalidating slot "x" because its restart_lsn 0/A0002B8 exceeds max_slot_wal_keep_size',
  },
];

const copies: readonly RecordedFailure[] = [
  {
    when: "the role of a copy may not replicate",
    from: "15.18",
    kind: "notReplicationRole",
    program: {
      program: "pg_basebackup",
      exitCode: 1,
      output: `pg_basebackup: error: ${socket}: FATAL:  must be superuser or replication role to start walsender`,
    },
  },
  {
    when: "all walsenders are taken",
    from: "15.18",
    kind: "noWalSender",
    program: {
      program: "pg_basebackup",
      exitCode: 1,
      output: `pg_basebackup: error: ${socket}: FATAL:  number of requested standby connections exceeds max_wal_senders (currently 4)`,
    },
  },
  {
    when: "the folder of a copy holds files",
    from: "15.18",
    kind: "folderNotEmpty",
    program: {
      program: "pg_basebackup",
      exitCode: 1,
      output:
        'pg_basebackup: error: directory "/pg/attempts/1" exists but is not empty',
      target: "/pg/attempts/1",
    },
  },
  {
    when: "the folder of a tablespace holds files",
    from: "15.18",
    kind: "tablespaceUnmapped",
    program: {
      program: "pg_basebackup",
      exitCode: 1,
      output: `pg_basebackup: error: directory "/pg/ts" exists but is not empty
pg_basebackup: removing data directory "/pg/attempts/1"`,
      target: "/pg/attempts/1",
    },
  },
  {
    when: "the replica's disk is full",
    from: "15.18",
    kind: "diskFull",
    program: {
      program: "pg_basebackup",
      exitCode: 1,
      output: `pg_basebackup: error: could not write to file "/pg/attempts/1/base/5/1249": No space left on device
pg_basebackup: removing data directory "/pg/attempts/1"`,
    },
  },
  {
    when: "a copy meets a damaged page of the primary",
    from: "15.18",
    kind: "sourceDamaged",
    program: {
      program: "pg_basebackup",
      exitCode: 1,
      output: `WARNING:  checksum verification failed in file "./base/5/16387", block 6: calculated EAA but expected 5C96
pg_basebackup: error: checksum error occurred`,
    },
  },
  {
    when: "the primary ends the session of a copy",
    from: "15.18",
    kind: "copyInterrupted",
    program: {
      program: "pg_basebackup",
      exitCode: 1,
      output: `pg_basebackup: error: COPY stream ended before last file was finished
pg_basebackup: removing data directory "b10"`,
    },
  },
  {
    when: "a plain copy is to be compressed by the client",
    from: "15.18",
    kind: "badOptions",
    program: {
      program: "pg_basebackup",
      exitCode: 1,
      output: `pg_basebackup: error: only tar mode backups can be compressed
pg_basebackup: hint: Try "pg_basebackup --help" for more information.`,
    },
  },
  {
    when: "a compression is misspelt",
    from: "15.18",
    kind: "badOptions",
    program: {
      program: "pg_basebackup",
      exitCode: 1,
      output:
        'pg_basebackup: error: could not initiate base backup: ERROR:  invalid compression specification: unrecognized compression option: "3"',
    },
  },
  {
    when: "a program of another major version does not know an option",
    from: "15.18",
    kind: "badOptions",
    program: {
      program: "pg_basebackup",
      exitCode: 1,
      output: `pg_basebackup: unrecognized option '--nonsense'
pg_basebackup: hint: Try "pg_basebackup --help" for more information.`,
    },
  },
  {
    when: "a deep read is to stream WAL",
    from: "15.18",
    kind: "badOptions",
    program: {
      program: "pg_basebackup",
      exitCode: 1,
      output:
        "pg_basebackup: error: WAL cannot be streamed when a backup target is specified",
    },
  },
  {
    when: "an incremental backup meets a server that summarizes no WAL",
    from: "source",
    kind: "summarizeOff",
    sql: {
      code: "55000",
      message:
        "incremental backups cannot be taken unless WAL summarization is enabled",
    },
  },
  {
    when: "the session of a backup ended before the backup",
    from: "15.18",
    kind: "backupSessionLost",
    log: "01000 WARNING:  aborting backup due to backend exiting before pg_backup_stop was called",
  },
  {
    when: "the backup to stop was never begun",
    from: "15.18",
    kind: "backupSessionLost",
    sql: {
      code: "55000",
      message: "backup is not in progress",
      hint: "Did you call pg_backup_start()?",
    },
  },
  {
    when: "a signal ends a copy",
    from: "15.18",
    kind: "programStopped",
    program: { program: "pg_basebackup", exitCode: 143, output: "" },
  },
];

const copyChecks: readonly RecordedFailure[] = [
  {
    when: "a byte of the copy is another one",
    from: "15.18",
    kind: "checksumMismatch",
    program: {
      program: "pg_verifybackup",
      exitCode: 1,
      output:
        'pg_verifybackup: error: checksum mismatch for file "base/5/16387"',
    },
  },
  {
    when: "a file of the copy is shorter",
    from: "15.18",
    kind: "sizeMismatch",
    program: {
      program: "pg_verifybackup",
      exitCode: 1,
      output:
        'pg_verifybackup: error: "base/5/16387" has size 2818048 on disk but size 2826240 in the manifest',
    },
  },
  {
    when: "a file of the copy is missing",
    from: "15.18",
    kind: "fileMissing",
    program: {
      program: "pg_verifybackup",
      exitCode: 1,
      output:
        'pg_verifybackup: error: "base/5/16387" is present in the manifest but not on disk',
    },
  },
  {
    when: "the copy has a file too many",
    from: "15.18",
    kind: "fileExtra",
    program: {
      program: "pg_verifybackup",
      exitCode: 1,
      output:
        'pg_verifybackup: error: "extra" is present on disk but not in the manifest',
    },
  },
  {
    when: "the copy has no WAL",
    from: "15.18",
    kind: "walIncomplete",
    program: {
      program: "pg_verifybackup",
      exitCode: 1,
      output: `pg_waldump: error: could not find any WAL file
pg_verifybackup: error: WAL parsing failed for timeline 1`,
    },
  },
  {
    when: "the copy's WAL is zeroed",
    from: "15.18",
    kind: "walIncomplete",
    program: {
      program: "pg_verifybackup",
      exitCode: 1,
      output: `pg_waldump: error: WAL segment size must be a power of two between 1 MB and 1 GB, but the WAL file "000000010000000000000004" header specifies 0 bytes
pg_verifybackup: error: WAL parsing failed for timeline 1`,
    },
  },
  {
    when: "the copy's WAL breaks off",
    from: "15.18",
    kind: "walIncomplete",
    program: {
      program: "pg_verifybackup",
      exitCode: 1,
      output: `pg_waldump: error: could not find a valid record after 0/4000028
pg_verifybackup: error: WAL parsing failed for timeline 1`,
    },
  },
  {
    when: "the manifest was edited",
    from: "15.18",
    kind: "manifestDamaged",
    program: {
      program: "pg_verifybackup",
      exitCode: 1,
      output: "pg_verifybackup: error: manifest checksum mismatch",
    },
  },
  {
    when: "the copy has no manifest",
    from: "15.18",
    kind: "manifestMissing",
    program: {
      program: "pg_verifybackup",
      exitCode: 1,
      output:
        'pg_verifybackup: error: could not open file "c/backup_manifest": No such file or directory',
    },
  },
  {
    when: "the manifest is of another cluster",
    from: "source",
    kind: "wrongSystem",
    program: {
      program: "pg_verifybackup",
      exitCode: 1,
      output:
        "pg_verifybackup: error: manifest system identifier is 7712606028398684012, but control file has 7712606055714064959",
    },
  },
  {
    when: "amcheck is in no database",
    from: "15.18",
    kind: "amcheckSkipped",
    program: {
      program: "pg_amcheck",
      exitCode: 1,
      output: `pg_amcheck: warning: skipping database "postgres": amcheck is not installed
pg_amcheck: error: no relations to check`,
    },
  },
  {
    when: "pg_amcheck reads a damaged page",
    from: "15.18",
    kind: "pageDamaged",
    program: {
      program: "pg_amcheck",
      exitCode: 2,
      output: `heap table "postgres.public.t":
    ERROR:  invalid page in block 6 of relation base/5/16387`,
    },
  },
  {
    when: "pg_amcheck finds an index that misses a row",
    from: "source",
    kind: "corruption",
    program: {
      program: "pg_amcheck",
      exitCode: 2,
      output: `btree index "postgres.public.t_g_idx":
    ERROR:  heap tuple (0,1) from table "t" lacks matching index tuple within index "t_g_idx"`,
    },
  },
  {
    when: "a dump reads a damaged page",
    from: "15.18",
    kind: "pageDamaged",
    program: {
      program: "pg_dump",
      exitCode: 1,
      output: `pg_dump: error: Dumping the contents of table "t" failed: PQgetResult() failed.
pg_dump: detail: Error message from server: ERROR:  invalid page in block 6 of relation base/5/16387`,
    },
  },
  {
    when: "a query reads a damaged page",
    from: "15.18",
    kind: "pageDamaged",
    sql: {
      code: "XX001",
      message: "invalid page in block 6 of relation base/5/16387",
    },
  },
  {
    when: "pages at rest are damaged",
    from: "15.18",
    kind: "pageDamaged",
    program: {
      program: "pg_checksums",
      exitCode: 1,
      output: `pg_checksums: error: checksum verification failed in file "/pg/scratch/1/base/5/16387", block 6: calculated checksum EAA but block contains 5C96
Bad checksums:  1`,
    },
  },
  {
    when: "pg_control is damaged",
    from: "15.18",
    kind: "controlDamaged",
    program: {
      program: "pg_checksums",
      exitCode: 1,
      output: "pg_checksums: error: pg_control CRC value is incorrect",
    },
  },
  {
    when: "pages are to be read under a running server",
    from: "15.18",
    kind: "notShutDown",
    program: {
      program: "pg_checksums",
      exitCode: 1,
      output: "pg_checksums: error: cluster must be shut down",
    },
  },
  {
    when: "a check that locks tables runs on a restored copy",
    from: "15.18",
    kind: "lockInRecovery",
    sql: {
      code: "55000",
      message:
        "cannot acquire lock mode ShareLock on database objects while recovery is in progress",
      hint: "Only RowExclusiveLock or less can be acquired on database objects during recovery.",
    },
  },
  {
    when: "pg_controldata reads a damaged pg_control",
    from: "15.18",
    kind: "controlDamaged",
    program: {
      program: "pg_controldata",
      exitCode: 0,
      output: `WARNING: Calculated CRC checksum does not match value stored in file.
Either the file is corrupt, or it has a different layout than this program
is expecting.  The results below are untrustworthy.`,
    },
  },
];

const starts: readonly RecordedFailure[] = [
  {
    when: "the WAL of a copy is missing at its start",
    from: "15.18",
    kind: "checkpointMissing",
    log: `00000 LOG:  invalid checkpoint record
XX000 FATAL:  could not locate required checkpoint record
XX000 HINT:  If you are restoring from a backup, touch "/pg/data/recovery.signal" and add required recovery options.
00000 LOG:  startup process (PID 10439) exited with exit code 1
00000 LOG:  database system is shut down`,
  },
  {
    when: "recovery.signal comes without restore_command",
    from: "15.18",
    kind: "noRestoreCommand",
    log: `22023 FATAL:  must specify restore_command when standby mode is not enabled
00000 LOG:  startup process (PID 10454) exited with exit code 1`,
  },
  {
    when: "the recovery target lies behind the WAL",
    from: "15.18",
    kind: "targetNotReached",
    log: "XX000 FATAL:  recovery ended before configured recovery target was reached",
  },
  {
    when: "a setting of the standby is too low at its start",
    from: "15.18",
    kind: "settingsTooLow",
    log: `22023 FATAL:  recovery aborted because of insufficient parameter settings
22023 DETAIL:  max_connections = 10 is a lower setting than on the primary server, where its value was 100.
22023 HINT:  You can restart the server after making the necessary configuration changes.`,
  },
  {
    when: "the data directory is open to others",
    from: "15.18",
    kind: "badPermissions",
    log: '55000 FATAL:  data directory "/pg/data" has invalid permissions',
  },
  {
    when: "a server runs already",
    from: "15.18",
    kind: "alreadyRunning",
    log: `F0001 FATAL:  lock file "postmaster.pid" already exists
F0001 HINT:  Is another postmaster (PID 10103) running in data directory "/pg/data"?`,
  },
  {
    when: "another server has the port",
    from: "15.18",
    kind: "addressInUse",
    log: `XX000 LOG:  could not bind IPv4 address "127.0.0.1": Address already in use
01000 WARNING:  could not create listen socket for "127.0.0.1"
XX000 FATAL:  could not create any TCP/IP sockets`,
  },
  {
    when: "pg_ctl tells no more than that",
    from: "15.18",
    kind: "startFailed",
    program: {
      program: "pg_ctl",
      exitCode: 1,
      output: `waiting for server to start.... stopped waiting
pg_ctl: could not start server
Examine the log output.`,
    },
  },
  {
    when: "a server needs longer to start than pg_ctl waits",
    from: "source",
    kind: "startTimedOut",
    program: {
      program: "pg_ctl",
      exitCode: 1,
      output: "pg_ctl: server did not start in time",
    },
  },
  {
    when: "a server needs longer to stop than pg_ctl waits",
    from: "source",
    kind: "stopTimedOut",
    program: {
      program: "pg_ctl",
      exitCode: 1,
      output: "pg_ctl: server does not shut down",
    },
  },
  {
    when: "the server to stop does not run",
    from: "15.18",
    kind: "notRunning",
    program: {
      program: "pg_ctl",
      exitCode: 1,
      output:
        'pg_ctl: PID file "/pg/data/postmaster.pid" does not exist\nIs server running?',
    },
  },
  {
    when: "pg_ctl is asked for the status of a stopped server",
    from: "15.18",
    kind: "notRunning",
    program: {
      program: "pg_ctl",
      exitCode: 3,
      output: "pg_ctl: no server running",
    },
  },
  {
    when: "pg_isready gets no answer",
    from: "15.18",
    kind: "unreachable",
    program: {
      program: "pg_isready",
      exitCode: 2,
      output: "127.0.0.1:1 - no response",
    },
  },
  {
    when: "a standby follows another cluster",
    from: "15.18",
    kind: "wrongSystem",
    log: `FATAL:  database system identifier differs between the primary and standby
DETAIL:  The primary's identifier is 7712606028398684012, the standby's identifier is 7712606055714064959.
LOG:  waiting for WAL to become available at 0/1002000`,
  },
  {
    when: "replay on a standby pauses for a setting that is too low",
    from: "15.18",
    kind: "settingsTooLow",
    log: `22023 WARNING:  hot standby is not possible because of insufficient parameter settings
22023 DETAIL:  max_connections = 100 is a lower setting than on the primary server, where its value was 200.`,
  },
  {
    when: "a standby has WAL that the new primary has not",
    from: "15.18",
    kind: "timelineForked",
    log: `LOG:  primary server contains no more WAL on requested timeline 1
LOG:  new timeline 2 forked off current database system timeline 1 before current recovery point 0/3025AE8
LOG:  waiting for WAL to become available at 0/3002000`,
  },
  {
    when: "a standby does not reach its primary",
    from: "15.18",
    kind: "unreachable",
    log: `FATAL:  could not connect to the primary server: connection to server at "127.0.0.1", port 1 failed: Connection refused`,
  },
  {
    when: "the data directory is of another major version",
    from: "source",
    kind: "versionMismatch",
    log: `FATAL:  database files are incompatible with server
DETAIL:  The data directory was initialized by PostgreSQL version 14, which is not compatible with this version 15.18.`,
  },
];

const statements: readonly RecordedFailure[] = [
  {
    when: "a standby is asked where the WAL ends",
    from: "15.18",
    kind: "inRecovery",
    sql: {
      code: "55000",
      message: "recovery is in progress",
      hint: "WAL control functions cannot be executed during recovery.",
    },
  },
  {
    when: "a primary is promoted",
    from: "15.18",
    kind: "notInRecovery",
    sql: {
      code: "55000",
      message: "recovery is not in progress",
      hint: "Recovery control functions can only be executed during recovery.",
    },
  },
  {
    when: "a standby is written to",
    from: "15.18",
    kind: "readOnly",
    sql: {
      code: "25006",
      message: "cannot execute CREATE EXTENSION in a read-only transaction",
    },
  },
  {
    when: "a table of a standby is locked",
    from: "15.18",
    kind: "inRecovery",
    sql: {
      code: "25006",
      message: "cannot execute LOCK TABLE during recovery",
    },
  },
  {
    when: "a lock is not to be had in time",
    from: "15.18",
    kind: "lockTimeout",
    sql: {
      code: "55P03",
      message: "canceling statement due to lock timeout",
    },
  },
  {
    when: "a statement takes too long",
    from: "15.18",
    kind: "statementTimeout",
    sql: {
      code: "57014",
      message: "canceling statement due to statement timeout",
    },
  },
  {
    when: "a role may not read a table",
    from: "15.18",
    kind: "notPermitted",
    sql: { code: "42501", message: "permission denied for table t" },
  },
  {
    when: "the function of another major version is called",
    from: "15.18",
    kind: "oldServer",
    sql: {
      code: "42883",
      message: "function pg_start_backup(unknown) does not exist",
    },
  },
  {
    when: "a long query on a standby stands in the way of replay",
    from: "source",
    kind: "recoveryConflict",
    sql: {
      code: "40001",
      message: "canceling statement due to conflict with recovery",
    },
  },
  {
    when: "a standby whose replay was paused by its settings is promoted",
    from: "15.18",
    kind: "crashed",
    sql: {
      code: "57P02",
      message:
        "terminating connection because of crash of another server process",
    },
  },
  {
    when: "somebody cancels a commit that waits for a synchronous standby",
    from: "15.18",
    kind: "notReplicated",
    sql: {
      code: "01000",
      message: "canceling wait for synchronous replication due to user request",
      detail:
        "The transaction has already committed locally, but might not have been replicated to the standby.",
    },
  },
  {
    when: "somebody cancels a statement",
    from: "15.18",
    kind: "cancelled",
    sql: {
      code: "57014",
      message: "canceling statement due to user request",
    },
  },
  {
    when: "an administrator ends the session",
    from: "15.18",
    kind: "connectionLost",
    sql: {
      code: "57P01",
      message: "terminating connection due to administrator command",
    },
  },
  {
    when: "the end of a backup waits for the archive",
    from: "15.18",
    kind: "archiveWaiting",
    sql: {
      code: "01000",
      message:
        "still waiting for all required WAL segments to be archived (60 seconds elapsed)",
    },
  },
  {
    when: "wal_level is too low for a backup",
    from: "15.18",
    kind: "walLevelTooLow",
    sql: {
      code: "55000",
      message: "WAL level not sufficient for making an online backup",
      hint: 'wal_level must be set to "replica" or "logical" at server start.',
    },
  },
];

const logins: readonly RecordedFailure[] = [
  {
    when: "pg_hba.conf has no line for a copy",
    from: "15.18",
    kind: "noHbaEntry",
    program: {
      program: "pg_basebackup",
      exitCode: 1,
      output:
        'pg_basebackup: error: connection to server at "127.0.0.1", port 5432 failed: FATAL:  no pg_hba.conf entry for replication connection from host "127.0.0.1", user "repl", no encryption',
    },
  },
  {
    when: "the password is wrong",
    from: "15.18",
    kind: "authFailed",
    program: {
      program: "psql",
      exitCode: 2,
      output:
        'psql: error: connection to server at "127.0.0.1", port 5432 failed: FATAL:  password authentication failed for user "pw"',
    },
  },
  {
    when: "there is no password",
    from: "15.18",
    kind: "authFailed",
    program: {
      program: "psql",
      exitCode: 2,
      output:
        'psql: error: connection to server at "127.0.0.1", port 5432 failed: fe_sendauth: no password supplied',
    },
  },
  {
    when: "there is no such role",
    from: "15.18",
    kind: "authFailed",
    program: {
      program: "psql",
      exitCode: 2,
      output: `psql: error: ${socket}: FATAL:  role "ghost" does not exist`,
    },
  },
  {
    when: "there is no such database",
    from: "15.18",
    kind: "noDatabase",
    program: {
      program: "psql",
      exitCode: 2,
      output: `psql: error: ${socket}: FATAL:  database "ghost" does not exist`,
    },
  },
  {
    when: "the server speaks no TLS",
    from: "15.18",
    kind: "tlsRefused",
    program: {
      program: "psql",
      exitCode: 2,
      output:
        'psql: error: connection to server at "127.0.0.1", port 5432 failed: server does not support SSL, but SSL was required',
    },
  },
  {
    when: "nothing listens",
    from: "15.18",
    kind: "unreachable",
    program: {
      program: "psql",
      exitCode: 2,
      output: `psql: error: connection to server at "127.0.0.1", port 1 failed: Connection refused
	Is the server running on that host and accepting TCP/IP connections?`,
    },
  },
  {
    when: "the data directory was removed under a live server",
    from: "15.18",
    kind: "dataFolderGone",
    program: {
      program: "psql",
      exitCode: 2,
      output: `psql: error: ${socket}: FATAL:  could not open file "global/pg_filenode.map": No such file or directory`,
    },
  },
  {
    when: "all connections are taken",
    from: "source",
    kind: "tooManyConnections",
    sql: { code: "53300", message: "sorry, too many clients already" },
  },
  {
    when: "the server still starts",
    from: "source",
    kind: "notAccepting",
    sql: { code: "57P03", message: "the database system is starting up" },
  },
];

const rewinds: readonly RecordedFailure[] = [
  {
    when: "pg_rewind meets a server that crashed",
    from: "15.18",
    kind: "notShutDown",
    program: {
      program: "pg_rewind",
      exitCode: 1,
      output: "pg_rewind: error: target server must be shut down cleanly",
    },
  },
  {
    when: "pg_rewind meets two clusters",
    from: "15.18",
    kind: "wrongSystem",
    program: {
      program: "pg_rewind",
      exitCode: 1,
      output:
        "pg_rewind: error: source and target clusters are from different systems",
    },
  },
  {
    when: "pg_rewind meets a server without checksums and wal_log_hints",
    from: "15.18",
    kind: "rewindImpossible",
    program: {
      program: "pg_rewind",
      exitCode: 1,
      output:
        'pg_rewind: error: target server needs to use either data checksums or "wal_log_hints = on"',
    },
  },
  {
    when: "pg_rewind misses WAL",
    from: "source",
    kind: "rewindImpossible",
    program: {
      program: "pg_rewind",
      exitCode: 1,
      output:
        "pg_rewind: error: could not find previous WAL record at 0/3000060",
    },
  },
  {
    when: "pg_rewind sees one timeline and does nothing",
    from: "15.18",
    kind: "nothingToRewind",
    program: {
      program: "pg_rewind",
      exitCode: 0,
      output: `pg_rewind: source and target cluster are on the same timeline
pg_rewind: no rewind required`,
    },
  },
];

const backrest = (
  exitCode: number,
  kind: PostgresFailure,
  when: string,
  output: string,
  from = "source",
): RecordedFailure => ({
  when,
  from,
  kind,
  program: { program: "pgbackrest", exitCode, output },
});

const pgbackrest: readonly RecordedFailure[] = [
  backrest(
    26,
    "repositoryDamaged",
    "pgBackRest restores a file whose checksum differs",
    "ERROR: [026]: error restoring '/pg/data/base/5/1249': actual checksum 'a' does not match expected checksum 'b'",
  ),
  backrest(
    38,
    "alreadyRunning",
    "pgBackRest restores under a running server",
    "ERROR: [038]: unable to restore while PostgreSQL is running",
  ),
  backrest(
    40,
    "folderNotEmpty",
    "pgBackRest restores into a folder with files",
    "ERROR: [040]: unable to restore to path '/pg/data' because it contains files",
  ),
  backrest(
    50,
    "backupLocked",
    "another pgBackRest works on the stanza",
    "ERROR: [050]: unable to acquire lock on file '/tmp/pgbackrest/main-backup.lock': Resource temporarily unavailable",
  ),
  backrest(
    82,
    "archiveTimeout",
    "WAL does not reach the repository of pgBackRest",
    "ERROR: [082]: WAL segment 000000010000000000000002 was not archived before the 60000ms timeout",
  ),
  backrest(
    87,
    "archiveOff",
    "pgBackRest backs up a server without an archive",
    "ERROR: [087]: archive_mode must be enabled",
  ),
  backrest(
    31,
    "backrestOptions",
    "pgBackRest does not know an option",
    "ERROR: [031]: invalid option '--nonsense'",
    "2.45",
  ),
  backrest(
    37,
    "backrestOptions",
    "pgBackRest misses an option",
    "ERROR: [037]: check command requires option: pg1-path",
    "2.45",
  ),
  backrest(
    0,
    "stanzaMissing",
    "pgBackRest tells of a stanza that nobody created",
    "stanza: x\n    status: error (missing stanza path)",
    "2.45",
  ),
  backrest(
    41,
    "diskFull",
    "pgBackRest finds no space",
    "ERROR: [041]: unable to write '/backrest/backup/x': [28] No space left on device",
  ),
];

export const recordedFailures: readonly RecordedFailure[] = [
  ...slots,
  ...copies,
  ...copyChecks,
  ...starts,
  ...statements,
  ...logins,
  ...rewinds,
  ...pgbackrest,
];
