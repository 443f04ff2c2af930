import type { PostgresFailure } from "./errors";

/**
 * One row of the table: what identifies a failure. SQLSTATE decides wherever it can, for a server's messages may be in any
 * language; text decides where several failures share a SQLSTATE, and in the output of programs, which show none.
 */
interface Signature {
  readonly kind: PostgresFailure;
  /** SQLSTATEs, or their first characters, one of which an error must bear if it bears any. */
  readonly codes?: readonly string[];
  /** Must match the message, its detail or its hint. */
  readonly text: RegExp;
}

/** Read from the top, the first match counts: what is special stands before what is general. */
export const signatures: readonly Signature[] = [
  // Of slots. "can no longer get changes from" is what 13 to 17 say, "can no longer access" is of 18.
  {
    kind: "slotLost",
    codes: ["55000"],
    text: /can no longer (access|get changes from) replication slot|invalidating (obsolete )?(replication )?slot "|slot has been invalidated/,
  },
  {
    kind: "slotExists",
    codes: ["42710"],
    text: /replication slot "[^"]*" already exists/,
  },
  {
    kind: "slotsExhausted",
    codes: ["53400"],
    text: /all replication slots are in use/,
  },
  { kind: "slotNameInvalid", codes: ["42602"], text: /replication slot name/ },
  {
    kind: "slotGone",
    codes: ["42704", "08P01"],
    text: /replication slot "[^"]*" does not exist/,
  },
  {
    kind: "slotActive",
    codes: ["55006"],
    text: /replication slot "[^"]*" is (already )?active/,
  },
  {
    kind: "walRemoved",
    codes: ["58P01", "08P01"],
    text: /requested WAL segment \S+ has already been removed/,
  },

  // Two clusters, two versions, two timelines.
  {
    kind: "wrongSystem",
    codes: ["55000"],
    text: /database system identifier differs between|manifest system identifier is|clusters are from different systems|WAL file is from different database system/,
  },
  {
    kind: "versionMismatch",
    text: /server version mismatch|incompatible server version|database files are incompatible with server|is not compatible with this version of PostgreSQL|clusters are not compatible with this version/,
  },
  {
    kind: "timelineForked",
    text: /forked off current database system timeline|is not a child of this server's history|is behind recovery timeline/,
  },

  // Damage. A copy that meets it reads the primary.
  {
    kind: "sourceDamaged",
    codes: ["XX001"],
    text: /checksum verification fail(ed in file "\.\/|ure during base backup)|checksum error occurred/,
  },
  {
    kind: "pageDamaged",
    codes: ["XX001", "XX002"],
    text: /invalid page in block|page verification failed|checksum verification failed in file/,
  },
  {
    kind: "controlDamaged",
    text: /calculated CRC checksum does not match|pg_control CRC value is incorrect|incorrect checksum in control file/i,
  },
  {
    kind: "dataFolderGone",
    codes: ["58P01"],
    text: /could not open file "global\/pg_(filenode\.map|control)"/,
  },

  // Verifying a copy.
  {
    kind: "manifestDamaged",
    text: /manifest checksum mismatch|could not parse backup manifest|manifest (has no checksum|ended unexpectedly)/,
  },
  {
    kind: "manifestMissing",
    text: /could not open file "[^"]*backup_manifest"/,
  },
  { kind: "checksumMismatch", text: /checksum mismatch for file/ },
  {
    kind: "sizeMismatch",
    text: /has size \d+ (on disk|in archive "[^"]*") but size \d+ in the manifest/,
  },
  { kind: "fileMissing", text: /is present in the manifest but not on disk/ },
  {
    kind: "fileExtra",
    text: /is present (on disk|in (archive )?"[^"]*") but not in the manifest/,
  },
  {
    kind: "walIncomplete",
    text: /WAL parsing failed for timeline|could not find any WAL file|could not find a valid record after/,
  },
  {
    kind: "amcheckSkipped",
    text: /skipping database "[^"]*": amcheck is not installed/,
  },

  // Starting, recovering, promoting.
  {
    kind: "checkpointMissing",
    text: /could not locate (required|a valid) checkpoint record|could not find redo location referenced by checkpoint/,
  },
  {
    kind: "noRestoreCommand",
    codes: ["22023"],
    text: /must specify "?restore_command"? when standby mode is not enabled/,
  },
  {
    kind: "targetNotReached",
    text: /recovery ended before configured recovery target was reached/,
  },
  {
    kind: "settingsTooLow",
    codes: ["22023"],
    text: /insufficient parameter settings|hot standby is not possible because/,
  },
  {
    kind: "lockInRecovery",
    codes: ["55000"],
    text: /cannot acquire lock mode \S+ on database objects while recovery is in progress/,
  },
  {
    kind: "notInRecovery",
    codes: ["55000"],
    text: /recovery is not in progress/,
  },
  { kind: "inRecovery", codes: ["55000"], text: /recovery is in progress/ },
  { kind: "inRecovery", codes: ["25006"], text: /during recovery/ },
  {
    kind: "rewindImpossible",
    text: /needs to use either data checksums or "?wal_log_hints|could not find previous WAL record|could not find common ancestor/,
  },
  {
    kind: "needsCleanStop",
    text: /target server must be shut down cleanly|cluster must be shut down|source data directory must be shut down cleanly/,
  },
  { kind: "nothingToRewind", text: /no rewind required/ },

  // Copying.
  {
    kind: "walLevelTooLow",
    codes: ["55000"],
    text: /WAL level not sufficient for making an online backup/,
  },
  {
    kind: "summarizeOff",
    codes: ["55000"],
    text: /unless WAL summarization is enabled/,
  },
  {
    kind: "archiveWaiting",
    text: /still waiting for all required WAL segments to be archived/,
  },
  {
    kind: "backupSessionLost",
    text: /aborting backup due to backend exiting|backup is not in progress/,
  },
  { kind: "folderNotEmpty", text: /directory "[^"]*" exists but is not empty/ },
  {
    kind: "badOptions",
    text: /only tar mode backups can be compressed|invalid compression specification|unrecognized option|invalid option|backup target is specified|Try "\S+ --help" for more information/,
  },

  { kind: "stanzaMissing", text: /status: error \(missing stanza/ },

  // Logging in.
  {
    kind: "noWalSender",
    codes: ["53300"],
    text: /exceeds max_wal_senders/,
  },
  {
    kind: "notReplicationRole",
    codes: ["42501"],
    text: /to start (walsender|WAL sender)|REPLICATION attribute/,
  },
  {
    kind: "noHbaEntry",
    codes: ["28000"],
    text: /pg_hba\.conf (entry|rejects)/,
  },
  {
    kind: "noDatabase",
    codes: ["3D000"],
    text: /database "[^"]*" does not exist/,
  },
  {
    kind: "authFailed",
    codes: ["28"],
    text: /authentication failed|no password supplied|role "[^"]*" (does not exist|is not permitted to log in)|client password must be/,
  },
  {
    kind: "tlsRefused",
    text: /does not support SSL|SSL was required|certificate|SSL error|tlsv1|altname/i,
  },
  {
    kind: "tooManyConnections",
    codes: ["53300"],
    text: /too many (clients|connections)|remaining connection slots are reserved/,
  },
  {
    kind: "notAccepting",
    codes: ["57P03"],
    text: /the database system is (starting up|shutting down|in recovery mode|not (yet )?accepting connections)/,
  },
  {
    kind: "diskFull",
    codes: ["53100"],
    text: /No space left on device|Disk quota exceeded/,
  },

  // The server and its files.
  {
    kind: "alreadyRunning",
    text: /lock file "postmaster\.pid" already exists/,
  },
  {
    kind: "addressInUse",
    text: /Address already in use|lock file "[^"]*\.s\.PGSQL\.\d+\.lock" already exists/,
  },
  {
    kind: "badPermissions",
    text: /has (invalid permissions|wrong ownership|group or world access)|cannot be (run|executed) (as|by) "?root"?|Permission denied/,
  },
  { kind: "stopTimedOut", text: /server does not shut down/ },
  { kind: "startTimedOut", text: /server did not start in time/ },
  {
    kind: "notRunning",
    text: /PID file "[^"]*" does not exist|no server running/,
  },
  { kind: "serverNotStarted", text: /could not start server/ },

  // Statements.
  {
    kind: "notReplicated",
    codes: ["01000"],
    text: /canceling (the )?wait for synchronous replication/,
  },
  {
    kind: "lockTimeout",
    codes: ["55P03"],
    text: /due to lock timeout|could not obtain lock/,
  },
  {
    kind: "statementTimeout",
    codes: ["57014"],
    text: /due to statement timeout|Query read timeout/,
  },
  {
    kind: "recoveryConflict",
    codes: ["40001", "40P01"],
    text: /due to conflict with recovery/,
  },
  { kind: "readOnly", codes: ["25006"], text: /in a read-only transaction/ },
  {
    kind: "notPermitted",
    codes: ["42501"],
    text: /permission denied (for|to) /,
  },

  {
    kind: "oldServer",
    codes: ["42883", "42703"],
    text: /function pg_\S* does not exist|column \S+ does not exist/,
  },

  // The link; last of the texts, for programs say it below the cause as well.
  {
    kind: "copyInterrupted",
    text: /COPY stream ended before last file was finished|background process terminated unexpectedly|unexpected termination of replication stream/,
  },
  {
    kind: "crashed",
    codes: ["57P02"],
    text: /because of crash of another server process|because of unexpected postmaster exit/,
  },
  {
    kind: "connectionLost",
    text: /terminating connection due to|server closed the connection unexpectedly|Connection terminated unexpectedly|could not receive data from|connection to client lost|not queryable|ECONNRESET|EPIPE/,
  },
  {
    kind: "unreachable",
    text: /Is the server running|Connection refused|connection timeout|timeout expired|No route to host|could not translate host name|could not connect to the primary server|no response|ECONNREFUSED/,
  },
];
