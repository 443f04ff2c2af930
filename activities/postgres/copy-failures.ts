import type { FailureKind } from "../errors";

/** The part of the closed list that copies can cause: while they are taken, checked and kept. */
export const copyFailures = {
  walLevelTooLow: {
    class: "human",
    hint: "Set wal_level to replica or logical on the primary and restart it.",
  },
  folderNotEmpty: {
    class: "human",
    hint: "A copy starts in an empty folder; see whose files lie there before anybody removes them.",
  },
  tablespaceUnmapped: {
    class: "human",
    hint: "Map every tablespace to a folder of its own, and see that none of these holds files.",
  },
  copyInterrupted: {
    class: "retry",
    hint: "The primary restarted or the session was ended; the copy starts anew.",
  },
  badOptions: {
    class: "stop",
    hint: "That program does not know these options or does not combine them; correct the input of the run.",
  },
  summarizeOff: {
    class: "human",
    hint: "Take a full backup, or set summarize_wal = on and wait for it.",
  },
  archiveWaiting: {
    class: "wait",
    hint: "WAL waits for archive_command; pg_stat_archiver names the file, the server's log the reason.",
  },
  backupSessionLost: {
    class: "retry",
    hint: "The session that had begun the backup ended first; begin the backup anew.",
  },
  sourceDamaged: {
    class: "stop",
    hint: "Pages of the primary itself are damaged: copy nothing over older backups, and get the damaged relations restored first.",
  },

  checksumMismatch: {
    class: "human",
    hint: "The copy differs from what the primary sent: discard it, look at that disk, take a new one.",
  },
  sizeMismatch: {
    class: "human",
    hint: "The copy is cut or was written to: discard it and take a new one.",
  },
  fileMissing: {
    class: "human",
    hint: "The copy is incomplete: discard it and take a new one.",
  },
  fileExtra: {
    class: "human",
    hint: "Somebody put files into the copy: find out who, discard it and take a new one.",
  },
  walIncomplete: {
    class: "human",
    hint: "The copy cannot become consistent without that WAL: discard it and take a new one.",
  },
  manifestDamaged: {
    class: "human",
    hint: "The manifest was changed or cut: discard the copy and take a new one.",
  },
  manifestMissing: {
    class: "human",
    hint: "The copy never came to its end: discard it and take a new one.",
  },
  amcheckSkipped: {
    class: "human",
    hint: "Create the extension amcheck in every database of the primary, take a new copy, and check it again.",
  },
  corruption: {
    class: "stop",
    hint: "Do not promote this copy; run pg_amcheck on the primary to see whether it is damaged as well.",
  },
  pageDamaged: {
    class: "stop",
    hint: "Do not promote this copy; read the same relation on the primary to see whether it is damaged as well.",
  },
  controlDamaged: {
    class: "stop",
    hint: "pg_control of this copy is damaged or of another major version: discard the copy.",
  },

  backupLocked: {
    class: "wait",
    hint: "Another pgBackRest works on this stanza; `pgbackrest info` shows what it does.",
  },
  backrestStopped: {
    class: "human",
    hint: "Somebody ran `pgbackrest stop`; `pgbackrest start` lets it work again.",
  },
  backrestOptions: {
    class: "human",
    hint: "Correct pgbackrest.conf on that host (stanza, pg1-path, repo1-path, user).",
  },
  archiveOff: {
    class: "human",
    hint: "Set archive_mode = on (takes a restart) and archive_command to pgBackRest's archive-push on the primary.",
  },
  archiveTimeout: {
    class: "wait",
    hint: "WAL did not reach the repository in time; pg_stat_archiver and the server's log say why.",
  },
  stanzaMissing: {
    class: "human",
    hint: "Create the stanza (`pgbackrest --stanza=... stanza-create`), or correct its name.",
  },
  backupMissing: {
    class: "human",
    hint: "The repository has no such backup; `pgbackrest info` lists what it has.",
  },
  repositoryDamaged: {
    class: "human",
    hint: "Do not restore from that backup; `pgbackrest verify` names the files; take a new full backup.",
  },
  repositoryUnreachable: {
    class: "retry",
    hint: "See whether the repository's host answers from there.",
  },
  repositoryFiles: {
    class: "human",
    hint: "Look at the named file and its file system, then retry.",
  },
} as const satisfies Record<string, FailureKind>;
