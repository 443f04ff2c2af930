import type { RecordedFailure } from "./recorded";

export const statements: readonly RecordedFailure[] = [
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
