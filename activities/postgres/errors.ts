import { failureFactory, type FailureKind } from "../errors";
import { attemptFailures } from "./attempt-failures";
import { copyFailures } from "./copy-failures";

/**
 * Everything that PostgreSQL, its programs and pgBackRest can do to us. Closed: a new failure gets a line here before it is
 * thrown. Which SQLSTATE, exit code or text means which of them is said in `signatures.ts` alone.
 */

const reaching = {
  noProgram: {
    class: "human",
    hint: "Install PostgreSQL's (or pgBackRest's) packages of the server's major version on that host, or set `binDirectory`.",
  },
  unreachable: {
    class: "retry",
    hint: "See whether the server runs (`pg_isready`), listens on that address and is let through by firewalls.",
  },
  notAccepting: {
    class: "wait",
    hint: "The server starts, stops or recovers; its log says how far it is.",
  },
  connectionLost: {
    class: "retry",
    hint: "The server ended the session or the network dropped it; its log says which.",
  },
  crashed: {
    class: "retry",
    hint: "The server ended its sessions after a crash of one of its processes, or a paused standby was promoted and shut down; read its log.",
  },
  tlsRefused: {
    class: "human",
    hint: "Give the server a certificate that `tls.ca` of the target signed for its address, or set another `tls.mode`.",
  },
  authFailed: {
    class: "human",
    hint: "Correct the role or its password: the reference of the target, or the passfile on the replica's host.",
  },
  noHbaEntry: {
    class: "human",
    hint: "Add a line for that user, database (`replication` for a copy or a standby) and address to pg_hba.conf, then `SELECT pg_reload_conf()`.",
  },
  noDatabase: {
    class: "human",
    hint: "Correct `database` of the target.",
  },
  notReplicationRole: {
    class: "human",
    hint: "Give the role the right to replicate: ALTER ROLE ... REPLICATION.",
  },
  notPermitted: {
    class: "human",
    hint: "Let the role do it: a superuser, or one with pg_monitor, pg_checkpoint and REPLICATION.",
  },
  tooManyConnections: {
    class: "wait",
    hint: "Free connections on the server, or raise max_connections or the role's limit.",
  },
  noWalSender: {
    class: "wait",
    hint: "Wait until another copy has ended, or raise max_wal_senders (takes a restart).",
  },
} as const satisfies Record<string, FailureKind>;

const statements = {
  lockTimeout: {
    class: "wait",
    hint: "Another session holds the lock; pg_stat_activity and pg_blocking_pids() name it.",
  },
  statementTimeout: {
    class: "retry",
    hint: "The statement took longer than its limit; look for load or a waiting session on the server.",
  },
  cancelled: {
    class: "human",
    hint: "Somebody cancelled the statement; find out why before you retry.",
  },
  conflicted: {
    class: "retry",
    hint: "Another transaction came in between; the same statement may be run again.",
  },
  recoveryConflict: {
    class: "retry",
    hint: "Replay on that standby needed what the query still read; run long reads on the paused scratch instance.",
  },
  notReplicated: {
    class: "wait",
    hint: "The row is committed on the primary and no synchronous standby has confirmed it: do not write it again, mend the standby.",
  },
  readOnly: {
    class: "human",
    hint: "That server is a standby or a restored copy; see that the target names the primary.",
  },
  inRecovery: {
    class: "human",
    hint: "That server is a standby or a restored copy; this question goes to the primary.",
  },
  lockInRecovery: {
    class: "human",
    hint: "A check that locks tables works on a promoted copy only; promote the scratch instance, or leave that check out.",
  },
  notInRecovery: {
    class: "human",
    hint: "That server is no standby (any more); compare its timeline with the one that was expected.",
  },
  oldServer: {
    class: "stop",
    hint: "That server's major version has no such function or column; see which server that is.",
  },
  diskFull: {
    class: "human",
    hint: "Free space on that file system; never delete anything in pg_wal by hand.",
  },
  outOfMemory: {
    class: "retry",
    hint: "See what takes the memory or the shared locks of that server.",
  },
} as const satisfies Record<string, FailureKind>;

const slots = {
  slotExists: {
    class: "human",
    hint: "Read its row in pg_replication_slots: a run takes only a slot that bears its own name, is physical, inactive and reserved.",
  },
  slotsExhausted: {
    class: "human",
    hint: "Drop a slot that nobody needs, or raise max_replication_slots (takes a restart).",
  },
  slotNameInvalid: {
    class: "stop",
    hint: "A slot's name has lower case letters, digits and underscores only.",
  },
  slotGone: {
    class: "human",
    hint: "Nothing keeps WAL for the standby any more; a new slot helps only while its WAL is still there.",
  },
  slotActive: {
    class: "wait",
    hint: "Something still streams from the slot: find the process in pg_stat_replication, do not force it.",
  },
  slotLost: {
    class: "human",
    hint: "The slot went past max_slot_wal_keep_size (or its idle limit): build the replica anew, or feed it from the archive.",
  },
  walRemoved: {
    class: "human",
    hint: "The primary has removed WAL that the standby needs: build the replica anew, or feed it from the archive.",
  },
} as const satisfies Record<string, FailureKind>;

const running = {
  serverNotStarted: {
    class: "human",
    hint: "The server's log says why.",
  },
  startTimedOut: {
    class: "wait",
    hint: "The server may still come up: it replays WAL; its log and postmaster.pid say how far it is.",
  },
  stopTimedOut: {
    class: "wait",
    hint: "The server may still stop: see what it waits for (sessions, an archiver with a backlog, a standby).",
  },
  alreadyRunning: {
    class: "human",
    hint: "A server runs on that data directory; stop it, or correct `dataDirectory`.",
  },
  notRunning: {
    class: "human",
    hint: "No server runs on that data directory; its log says why.",
  },
  addressInUse: {
    class: "human",
    hint: "Another server listens on that port or socket; stop it, or set another `port`.",
  },
  dataFolderGone: {
    class: "stop",
    hint: "Files of the data directory are gone under a live server: stop everything that touches it, do not restart it, call the DBA.",
  },
  badPermissions: {
    class: "human",
    hint: "Give the files to `osUser`, folders with mode 0700; none of these programs runs as root.",
  },
  checkpointMissing: {
    class: "human",
    hint: "WAL of the copy is missing: discard the copy. Never remove backup_label, whatever the server suggests.",
  },
  noRestoreCommand: {
    class: "human",
    hint: "Set restore_command, or use standby.signal instead of recovery.signal.",
  },
  targetNotReached: {
    class: "human",
    hint: "The WAL ends before the recovery target; correct the target or supply the WAL.",
  },
  settingsTooLow: {
    class: "human",
    hint: "Raise that setting on the standby to the primary's value at least, then restart it.",
  },
  wrongSystem: {
    class: "stop",
    hint: "These are two different clusters; see that the target and the backup are of the one that you mean.",
  },
  versionMismatch: {
    class: "stop",
    hint: "Use programs and data directories of the primary's major version on every host.",
  },
  versionUnsupported: {
    class: "stop",
    hint: "Runs work on PostgreSQL 13 to 18; name such a server, or upgrade this one first.",
  },
  timelineForked: {
    class: "human",
    hint: "That server has WAL of its own beyond the new primary's history: rewind it (pg_rewind) or build it anew.",
  },
  needsCleanStop: {
    class: "human",
    hint: "Start that server once and stop it cleanly, then repeat.",
  },
  rewindImpossible: {
    class: "human",
    hint: "Build that server anew from a backup of the new primary.",
  },
  nothingToRewind: {
    class: "human",
    hint: "Same timeline: pg_rewind did nothing. If both servers were writable once, they differ all the same: build one anew.",
  },
  programStopped: {
    class: "retry",
    hint: "A signal ended the program; see what it left before it runs again.",
  },
} as const satisfies Record<string, FailureKind>;

export const postgresFailures = {
  ...reaching,
  ...statements,
  ...slots,
  ...running,
  ...copyFailures,
  ...attemptFailures,
  unexpected: {
    class: "human",
    hint: "Read the message above and the server's log, then decide.",
  },
} as const satisfies Record<string, FailureKind>;

export type PostgresFailure = keyof typeof postgresFailures;

export const postgresError = failureFactory<PostgresFailure>(
  "postgres",
  postgresFailures,
);
