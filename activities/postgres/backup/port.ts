import type { PostgresServer, RunMark } from "../port";

/** Base backups; plain types, so that workflow code may import them. */

/** Done by the server, from PostgreSQL 15 on: what travels is smaller, what is stored is plain. */
export interface Compression {
  readonly algorithm: "gzip" | "lz4" | "zstd";
  readonly level?: number | undefined;
}

export type BackupMethod =
  | {
      readonly kind: "basebackup";
      /** 32 KiB to 1 GiB a second; fixed for an attempt. */
      readonly maxRateBytes?: number | undefined;
      readonly compress?: Compression | undefined;
    }
  | {
      readonly kind: "pgbackrest";
      readonly stanza: string;
      /** Processes that copy at once, on each side. */
      readonly processMax: number;
      /** pgBackRest's own file, at the same path on both hosts; its default otherwise. */
      readonly config?: string | undefined;
      /** Where `backup` runs: where the configuration has the primary as `pg1` and can write the repository. */
      readonly backupOn: "primary" | "replica";
      /** A folder that `config-include-path` names there; a pin is a file in it. */
      readonly includePath?: string | undefined;
    };

export interface Tablespace {
  readonly oid: string;
  readonly name: string;
  /** On the primary; relative for one that lies in the data directory. */
  readonly location: string;
}

/** What a preflight knows of the primary and a copy needs. */
export interface CopyFacts {
  readonly systemIdentifier: string;
  readonly major: number;
  /** All databases together. */
  readonly bytes: number;
  readonly tablespaces: readonly Tablespace[];
}

export interface AttemptOrder {
  readonly run: RunMark;
  readonly primary: PostgresServer;
  /** The host that is to have the copy. */
  readonly replica: PostgresServer;
  /** From 1 on; a copy that was interrupted is begun anew under the next one. */
  readonly attempt: number;
  /**
   * Of a copy that was stopped and goes on: one more with each start, whether of the same attempt or of another. Its jobs are
   * named by it, since a job that was stopped never runs again. Absent while that is the attempt's number.
   */
  readonly generation?: number | undefined;
  readonly method: BackupMethod;
  readonly facts: CopyFacts;
}

export const defaultLimitMs = 7 * 24 * 3_600_000;

export interface BackupOrder extends AttemptOrder {
  /** Holds the WAL for the copy; absent where the method keeps it itself. */
  readonly slot?: string | undefined;
  /** From the start of the copy on; default: seven days. */
  readonly limitMs?: number | undefined;
}

/** A copy that is whole, in its attempt folder. Nobody has verified it yet. */
export interface Backup {
  /** How it was made. Either kind lies there as `pg_basebackup` leaves it, with a `backup_manifest` of SHA-256. */
  readonly kind: BackupMethod["kind"];
  /** `<short>-<attempt>`, or what pgBackRest calls it. */
  readonly backupId: string;
  readonly path: string;
  readonly attempt: number;
  readonly method: BackupMethod;
  readonly systemIdentifier: string;
  /** Of all files but WAL. */
  readonly bytes: number;
  /** The manifest's own checksum over itself. */
  readonly manifestSha256: string;
  readonly startLsn: string;
  readonly endLsn: string;
  readonly timeline: number;
  readonly tookMs: number;
}

/** What stands of an attempt on the host. */
export interface AttemptSight {
  readonly attempt: number;
  /** `gone`: only the files beside it are left. */
  readonly folder: "absent" | "partial" | "finished" | "gone";
  readonly bytes: number;
  /** From its owner file to the last byte, by the host's clock. */
  readonly tookMs: number;
}

export interface Stopped extends AttemptSight {
  /** Of this run on the primary that had to be ended there. */
  readonly walsendersEnded: number;
}

export interface CostQuestion extends AttemptOrder {
  /** What the attempt had told last: pg_basebackup removes what it has copied when it fails by itself. */
  readonly reached?:
    { readonly bytes: number; readonly tookMs: number } | undefined;
}

/** What an interruption costs: for the question whether to begin anew. */
export interface AttemptCost {
  /** Of the interrupted attempt, to be copied once more. */
  readonly lostBytes: number;
  readonly bytes: number;
  /** By the rate that the attempt had; absent when it had none. */
  readonly expectedMs?: number | undefined;
  /** The same for a person. */
  readonly line: string;
}

export interface Pinning {
  /** That needs the backup; not always the one that made it. */
  readonly run: RunMark;
  readonly primary: PostgresServer;
  /** The host that has the copy. */
  readonly replica: PostgresServer;
  readonly backup: Backup;
}

/** A whole backup in a folder of the host, whoever has taken it. */
export interface FolderPinning {
  /** That needs it. */
  readonly run: RunMark;
  readonly replica: PostgresServer;
  readonly path: string;
}

/** How long it holds: pgBackRest has no pin of its own, and only a folder of its configuration keeps its expiry away. */
export type Pinned = "for good" | "until the next full backups";

export interface BackupActivities {
  /**
   * Copies, or joins the copy that runs; one that is finished is never made again, also by an earlier attempt. Attempts
   * before this one are stopped and removed under guard.
   *
   * @throws postgres.*, ssh.*: what ended an attempt is not retried, for the next attempt copies everything
   */
  baseBackup(order: BackupOrder): Promise<Backup>;
  /**
   * Ends the copy, in all its generations, and proves that neither process nor walsender is left. What pgBackRest has copied
   * stays, and the same attempt goes on with it under the next generation.
   *
   * @throws postgres.walsenderStays, postgres.stillRunning, ssh.*
   */
  stopBackup(order: AttemptOrder): Promise<Stopped>;
  /** @throws ssh.* */
  attemptCost(order: CostQuestion): Promise<AttemptCost>;
  /** @throws postgres.notOurs, postgres.stillRunning, ssh.* */
  discardAttempt(order: AttemptOrder): Promise<"removed" | "absent">;
  /**
   * Keeps the backup from every removal of ours, and one by pgBackRest from its expiry. May be repeated.
   *
   * @throws postgres.noBackup, postgres.notKept, postgres.*, ssh.*
   */
  pinBackup(pinning: Pinning): Promise<Pinned>;
  /** @throws postgres.*, ssh.* */
  unpinBackup(pinning: Pinning): Promise<void>;
  /** Keeps the folder from every removal of ours. May be repeated. @throws postgres.noBackup, ssh.* */
  pinFolder(pinning: FolderPinning): Promise<void>;
  /** The run's own pin alone. @throws ssh.* */
  unpinFolder(pinning: FolderPinning): Promise<void>;
}
