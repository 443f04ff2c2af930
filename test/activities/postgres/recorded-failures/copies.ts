import { type RecordedFailure, socket } from "./recorded";

export const copies: readonly RecordedFailure[] = [
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
  {
    when: "the role of a copy may not replicate on a newer primary",
    from: "18.4",
    kind: "notReplicationRole",
    sql: {
      code: "42501",
      message: "permission denied to start WAL sender",
      detail:
        "Only roles with the REPLICATION attribute may start a WAL sender process.",
    },
  },
  {
    when: "pg_basebackup is older than the primary",
    from: "15.18",
    kind: "versionMismatch",
    program: {
      program: "pg_basebackup",
      exitCode: 1,
      output: `pg_basebackup: error: incompatible server version 18.4
pg_basebackup: removing data directory "bb"`,
    },
  },
];
