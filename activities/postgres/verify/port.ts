import type { ArtifactRef } from "../../artifacts/port";
import type { Fault } from "../../faults";
import type { Check, PostgresServer, RunMark } from "../port";
import type { Sentinel } from "../slot/port";

/** Proofs that a backup is good; plain types, so that workflow code may import them. */

/** From cheap to dear; what each proves is in `levels.ts`. */
export type Level =
  "V1" | "V2" | "V3" | "V4" | "V5" | "V6" | "V7" | "V8" | "V9";

/** `not possible`: this cluster lacks what the level needs. `not comparable`: the primary has moved on. Neither is a pass. */
export type LevelVerdict = "pass" | "fail" | "not possible" | "not comparable";

export interface LevelResult {
  readonly level: Level;
  readonly verdict: LevelVerdict;
  /** What was looked at, with units. */
  readonly measured: string;
  readonly reason: string;
  readonly hint?: string | undefined;
  readonly tookMs: number;
}

export type Policy = "quick" | "standard" | "full";

/** What waits for levels: the first start of the standby, or its promotion. */
export type PolicyGate = "start" | "promotion";

/** What a backup is said to be; its files must agree. */
export interface BackupClaim {
  readonly backupId: string;
  readonly path: string;
  /** Of the cluster that it must be of. */
  readonly systemIdentifier: string;
  /** The manifest's checksum over itself. */
  readonly manifestSha256: string;
  readonly startLsn: string;
  readonly endLsn: string;
  readonly timeline: number;
}

/** Of every activity here. */
export interface VerifyOrder {
  readonly run: RunMark;
  /** Whose host the backup lies on. */
  readonly replica: PostgresServer;
  /** Of the primary. */
  readonly major: number;
  readonly backup: BackupClaim;
  /** From 1 on; a level that is tried again gets the next one. */
  readonly generation: number;
  /** For one program; default three days. */
  readonly limitMs?: number | undefined;
}

export interface ScratchOrder extends VerifyOrder {
  /** Kept where a library holds access methods or resource managers of its own. */
  readonly preloadLibraries?: readonly string[] | undefined;
}

/** A copy of the backup that was started without network, slot and archive, and stands still at its consistency. */
export interface Scratch {
  /** Of its folder, `<short>-<n>`: the generation that it was opened in. */
  readonly n: number;
  readonly path: string;
  readonly socketFolder: string;
  readonly port: number;
  readonly superuser: string;
  readonly databases: readonly ScratchDatabase[];
  /** Where its replay stands. */
  readonly replayLsn: string;
  /** Its transactions: the oldest that is open there, and the first that has not begun; 64 bits. */
  readonly xmin: string;
  readonly xmax: string;
  readonly hasChecksums: boolean;
  /** Of the programs and the server that read it. */
  readonly serverVersion: string;
}

/** All but template0. */
export interface ScratchDatabase {
  readonly name: string;
  readonly isTemplate: boolean;
  /** It lets people in. */
  readonly isOpen: boolean;
}

export interface OpenedScratch {
  readonly result: LevelResult;
  /** Absent when the level failed. */
  readonly scratch?: Scratch | undefined;
}

export interface OfScratch extends ScratchOrder {
  readonly scratch: Scratch;
}

export interface DiscardOrder extends VerifyOrder {
  readonly n: number;
}

export interface CompareOrder extends OfScratch {
  readonly primary: PostgresServer;
}

/** Rows under a lock that keeps writers of that table away: only where the input asks for it. */
export interface LockedCompareOrder extends VerifyOrder {
  readonly primary: PostgresServer;
  /** `schema.table` as PostgreSQL's `regclass` reads it, in one database. */
  readonly tables: readonly string[];
  readonly database: string;
  /** How long one table may stay locked. */
  readonly holdMs: number;
}

export interface SentinelOrder extends OfScratch {
  readonly sentinel: Sentinel;
  /** Of the run that wrote it; this one when absent. */
  readonly writtenBy?: RunMark | undefined;
}

export interface RecordOrder extends VerifyOrder {
  readonly policy: Policy;
  readonly results: readonly LevelResult[];
  readonly consistentLsn?: string | undefined;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** How long the record counts. */
  readonly validMs: number;
  /** Of a backup that is verified again: what lets nothing be promoted is kept, too. */
  readonly isAgain?: true;
}

export interface RecordQuestion {
  readonly ref: ArtifactRef;
  readonly policy: Policy;
  readonly gate: PolicyGate;
  readonly run: RunMark;
  readonly replica: PostgresServer;
  readonly major: number;
  readonly systemIdentifier: string;
  readonly backupId: string;
  readonly path: string;
}

export interface OwnRecordQuestion {
  readonly ref: ArtifactRef;
  readonly run: RunMark;
  /** Made from the backup that the record speaks of. */
  readonly standby: PostgresServer;
}

export interface VerificationRecord {
  readonly format: 1;
  readonly backupId: string;
  readonly path: string;
  readonly host: string;
  readonly systemIdentifier: string;
  readonly timeline: number;
  readonly manifestSha256: string;
  readonly startLsn: string;
  readonly endLsn: string;
  /** Where the scratch instance stood when it was read. */
  readonly consistentLsn?: string | undefined;
  readonly policy: Policy;
  readonly levels: readonly LevelResult[];
  /** Name of a program, and what it says of its version. */
  readonly binaries: Readonly<Record<string, string>>;
  readonly run: { readonly workflowId: string; readonly rootRunId: string };
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly finishedAt: number;
  readonly expiresAt: number;
}

export interface DescribeOrder {
  readonly replica: PostgresServer;
  readonly major: number;
  readonly path: string;
  /** Of the cluster that it is said to be of; default: what its own control file says. */
  readonly systemIdentifier?: string | undefined;
}

export interface Described {
  readonly claim: BackupClaim;
  readonly bytes: number;
}

export interface FindOrder {
  /** On whose host the backup lies. */
  readonly host: PostgresServer;
  /** What a finished attempt is called, or the folder of a backup below the host's work folder. */
  readonly backup: string;
}

export interface FoundBackup {
  readonly claim: BackupClaim;
  readonly major: number;
  /** With its tablespaces. */
  readonly bytes: number;
  /** On the file system of the work folder. */
  readonly freeBytes: number;
}

/** The backup, or why there is none. */
export interface BackupSought {
  readonly faults: readonly Fault[];
  readonly found?: FoundBackup;
}

export interface LookOrder extends FindOrder {
  readonly run: RunMark;
  /** Whose rows are to be compared; only then it is asked. */
  readonly primary?: PostgresServer | undefined;
  /** Whether the backup is to be copied. */
  readonly hasScratch: boolean;
}

export interface LookResult {
  readonly found: FoundBackup;
  readonly checks: readonly Check[];
}

/** What a level finds is its result; what is thrown kept it from looking. */
export interface VerifyActivities {
  /** What a backup says of itself that this product has not taken. @throws verification.unreadable, ssh.* */
  describeBackup(order: DescribeOrder): Promise<Described>;
  /** Whether the backup is there still, and what a verification of it needs. @throws verification.*, ssh.*, postgres.* */
  lookForVerification(order: LookOrder): Promise<LookResult>;
  /** V1, V2, V3. @throws verification.unreadable, ssh.*, postgres.noProgram */
  verifyManifest(order: VerifyOrder): Promise<readonly LevelResult[]>;
  /** V5. @throws verification.*, ssh.*, postgres.noProgram */
  openScratch(order: ScratchOrder): Promise<OpenedScratch>;
  /** V6. @throws verification.noScratch, ssh.* */
  amcheckScratch(order: OfScratch): Promise<LevelResult>;
  /** V7; may run beside V6. @throws verification.noScratch, ssh.* */
  dumpScratch(order: OfScratch): Promise<LevelResult>;
  /** V8. @throws postgres.*, verification.noScratch, ssh.* */
  compareRows(order: CompareOrder): Promise<LevelResult>;
  /** V8 of chosen tables on a standby that streams. @throws postgres.* */
  compareLocked(order: LockedCompareOrder): Promise<LevelResult>;
  /** V9. @throws verification.noScratch, ssh.* */
  readSentinel(order: SentinelOrder): Promise<LevelResult>;
  /** Stops the scratch instance cleanly. @throws ssh.* */
  closeScratch(order: OfScratch): Promise<void>;
  /** V4, after the clean stop. @throws ssh.* */
  checkPages(order: OfScratch): Promise<LevelResult>;
  /** @param order `n`: the generation that the scratch copy was opened in @throws postgres.notOurs, ssh.* */
  discardScratch(order: DiscardOrder): Promise<"removed" | "absent">;
  /** @throws artifacts.*, ssh.* */
  recordVerification(order: RecordOrder): Promise<ArtifactRef>;
  /** Refuses a record that does not count for this backup and policy. @throws verification.*, artifacts.*, ssh.* */
  readVerification(question: RecordQuestion): Promise<VerificationRecord>;
  /** The same for a standby that was made from the backup. @throws verification.*, artifacts.*, ssh.* */
  readOwnVerification(question: OwnRecordQuestion): Promise<VerificationRecord>;
}
