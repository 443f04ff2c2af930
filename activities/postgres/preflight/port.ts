import type { Check, PostgresServer, RunMark } from "../port";

/** What is measured before anything is touched; plain types, so that workflow code may import them. */

/** In this order they are shown: who is who, then the primary, then the replica's host, then what follows for the copy. */
export const checkNames = [
  "primary host",
  "primary is writable",
  "rights",
  "wal level",
  "free walsenders",
  "free slots",
  "other slots",
  "synchronous replication",
  "archive",
  "long transactions",
  "full page writes",
  "data checksums",
  "rewind",
  "tablespaces",
  "amcheck",
  "hosts apart",
  "programs",
  "operating system user",
  "file rights",
  "paths",
  "target folder",
  "target server",
  "same file system",
  "replication login",
  "clock",
  "collations",
  "configuration files",
  "standby settings",
  "libraries",
  "space for copies",
  "space for wal",
  "slot cap",
  "deep read",
] as const;
export type CheckName = (typeof checkNames)[number];

export interface NamedCheck extends Check {
  readonly name: CheckName;
}

export interface PreflightLimits {
  /** WAL is measured for so long, in milliseconds. */
  readonly walRateOverMs: number;
  /** What a copy and each whole read of it are thought to do, in bytes a second. */
  readonly copyBytesPerS: number;
  readonly verifyBytesPerS: number;
  /** Whole copies that lie on the replica's host at once: the standby and its scratch. */
  readonly copies: number;
  /** Times what is expected: database and WAL grow meanwhile. */
  readonly growth: number;
  readonly walGrowth: number;
  /** Of the free space beside the primary's WAL, that a slot may take. */
  readonly capShare: number;
  readonly clockMs: number;
  readonly longTransactionMs: number;
  /** Segments that wait for the archive. */
  readonly archiveWarn: number;
  readonly archiveMost: number;
  /** WAL that a slot nobody reads may hold, in bytes. */
  readonly deadSlotBytes: number;
}

export interface Tablespace {
  readonly oid: string;
  readonly name: string;
  /** Absolute, or below the data directory for those that are made in place. */
  readonly location: string;
  readonly bytes: number;
}

export interface DatabaseFact {
  readonly name: string;
  readonly bytes: number;
}

/** What later steps go by; the system identifier is the fence of each of them. */
export interface ClusterFacts {
  readonly systemIdentifier: string;
  readonly serverVersionNum: number;
  readonly major: number;
  readonly timeline: number;
  /** Sum of the databases. */
  readonly bytes: number;
  /** Those that may be connected to and are no templates. */
  readonly databases: readonly DatabaseFact[];
  readonly tablespaces: readonly Tablespace[];
  readonly checksums: boolean;
  readonly archiveMode: string;
  /** As it was, e.g. `-1` or `1024MB`. */
  readonly maxSlotWalKeepSize: string;
  readonly walSegmentBytes: number;
  readonly walBytesPerS: number;
  readonly walDirFreeBytes: number;
  /** Bytes that the slot of the run may hold. */
  readonly slotCapBytes: number;
  readonly estimate: Estimate;
}

export interface Estimate {
  readonly copyMs: number;
  readonly verifyMs: number;
  /** WAL held until the standby streams, twice what the rate says. */
  readonly walHeldBytes: number;
}

export interface PreflightOrder {
  readonly run: RunMark;
  readonly primary: PostgresServer;
  readonly replica: PostgresServer;
  /** What differs from `defaultLimits`. */
  readonly limits?: Partial<PreflightLimits> | undefined;
  /** Reads and page-checks every file of the primary without writing any, from PostgreSQL 15 on; takes as long as a copy. */
  readonly deepRead?: DeepReadOrder | undefined;
}

export interface DeepReadOrder {
  /** Goes up with each attempt. */
  readonly generation: number;
  readonly maxRateBytes?: number | undefined;
  readonly timeoutMs: number;
}

export interface Preflight {
  readonly checks: readonly NamedCheck[];
  /** Absent when one of them could not be measured; the checks say which. */
  readonly facts?: ClusterFacts;
}

export interface RecheckOrder extends Omit<PreflightOrder, "deepRead"> {
  readonly facts: ClusterFacts;
  /** Default: all of them, without the deep read. */
  readonly only?: readonly CheckName[] | undefined;
}

export interface PreflightActivities {
  /** Reads, and changes nothing. @throws ssh.*, postgres.unreachable and the like, when a server cannot be asked at all */
  preflight(order: PreflightOrder): Promise<Preflight>;
  /** The same at the last second, without measuring WAL anew. @throws preflight.otherCluster, preflight.otherMajor, ssh.*, postgres.* */
  recheck(order: RecheckOrder): Promise<readonly NamedCheck[]>;
}

export const defaultLimits: PreflightLimits = {
  walRateOverMs: 60_000,
  copyBytesPerS: 100 * 1_024 * 1_024,
  verifyBytesPerS: 100 * 1_024 * 1_024,
  ...{ copies: 2, growth: 1.2, walGrowth: 2, capShare: 0.5 },
  clockMs: 2_000,
  longTransactionMs: 3_600_000,
  ...{ archiveWarn: 16, archiveMost: 128 },
  deadSlotBytes: 1_024 * 1_024 * 1_024,
};
