import type { Tablespace } from "./port";

/** A fact, or why nobody knows it: then what is judged by it is an error, never a pass. */
export type Seen<T> = { readonly value: T } | { readonly unmeasured: string };

export interface Identity {
  readonly systemIdentifier: string;
  readonly serverVersionNum: number;
  readonly timeline: number;
  readonly isInRecovery: boolean;
}

/** What the SQL login may do; those that it lacks. */
export interface Rights {
  readonly user: string;
  readonly lacks: readonly string[];
}

export interface SlotFact {
  readonly name: string;
  readonly isOurs: boolean;
  readonly isActive: boolean;
  readonly walStatus: string;
  readonly heldBytes: number;
}

export interface ArchiveFact {
  readonly mode: string;
  /** Segments that wait. */
  readonly ready: number;
  /** The last try failed. */
  readonly failing?: string;
}

export interface DatabaseSeen {
  readonly name: string;
  readonly bytes: number;
  readonly isTemplate: boolean;
  readonly mayConnect: boolean;
  /** `libc`, `icu` or `builtin`. */
  readonly provider: string;
  /** Of libc, e.g. `en_US.UTF-8`. */
  readonly locales: readonly string[];
  /** As the indexes were built with; absent where the server does not note it. */
  readonly recorded?: string;
  readonly actual?: string;
}

/** What a server's host says of itself, as its osUser. */
export interface HostFacts {
  readonly uid: number;
  readonly user: string;
  readonly umask: string;
  /** Of each program, its version; `-` where there is none. */
  readonly programs: Readonly<Record<string, string>>;
  /** The data directory: `absent`, `empty`, `full`, `no folder`. */
  readonly target: string;
  /** The folder for tablespaces beside it. */
  readonly targetTablespaces: string;
  /** Where data directory and work folder really are, as far as they exist. */
  readonly dataReal: string;
  readonly workReal: string;
  /** Of what exists of the two paths: whether the osUser may write there. */
  readonly mayWriteData: boolean;
  readonly mayWriteWork: boolean;
  /** Octal rights of the work folder; `-` while it is not there. */
  readonly workMode: string;
  readonly dataSpace: Space;
  readonly workSpace: Space;
  /** Of the WAL folder; absent where there is no data directory. */
  readonly walSpace?: Space;
  /** PID that runs on the data directory. */
  readonly postmaster?: number;
  /** What answers at the server's address and port. */
  readonly isAnswering: boolean;
  /** Of the data directory, by pg_controldata. */
  readonly systemIdentifier?: string;
  readonly bootId: string;
  readonly libc: string;
  readonly icu: string;
  /** Of each locale, a digest of how it sorts; `-` where the host does not have it. */
  readonly locales: Readonly<Record<string, string>>;
  readonly libraries: Readonly<Record<string, boolean>>;
  readonly files: Readonly<Record<string, boolean>>;
  /** Ahead of the worker's clock, in milliseconds, and how sure that is. */
  readonly clockMs: number;
  readonly clockWithinMs: number;
  /** `yes`, `no`, or `-` where nothing tells. */
  readonly isClockKept: string;
}

export interface Space {
  readonly freeBytes: number;
  /** Where its file system is mounted: a rename does not cross that. */
  readonly mount: string;
}

export interface SyncFact {
  /** `synchronous_standby_names` */
  readonly names: string;
  readonly connected: number;
}

export interface LongTransactions {
  readonly count: number;
  readonly oldestMs: number;
  readonly prepared: number;
}

export interface WalFact {
  readonly bytesPerS: number;
  readonly overMs: number;
}

export interface LoginFact {
  /** What the server said when it refused. */
  readonly refused?: string;
  readonly systemIdentifier?: string;
}

export interface DeepReadFact {
  readonly tookMs: number;
  /** What it found, when it failed. */
  readonly failed?: string;
}

/** All that the checks are judged by. */
export interface PreflightFacts {
  /** `rb_<short>`: what bears it is ours. */
  readonly ours: string;
  readonly primaryId: string;
  readonly replicaId: string;
  readonly paths: {
    readonly primaryData: string;
    readonly data: string;
    readonly work: string;
  };
  readonly identity: Seen<Identity>;
  readonly rights: Seen<Rights>;
  readonly settings: Seen<Readonly<Record<string, string>>>;
  /** As a server would have them that starts from a copy of the data directory. */
  readonly startSettings: Seen<Readonly<Record<string, string>>>;
  readonly senders: Seen<{ readonly used: number }>;
  readonly slots: Seen<readonly SlotFact[]>;
  readonly sync: Seen<SyncFact>;
  readonly archive: Seen<ArchiveFact>;
  readonly longTransactions: Seen<LongTransactions>;
  readonly tablespaces: Seen<readonly Tablespace[]>;
  readonly databases: Seen<readonly DatabaseSeen[]>;
  readonly hasAmcheck: Seen<boolean>;
  readonly wal: Seen<WalFact>;
  readonly primaryHost: Seen<HostFacts>;
  readonly replicaHost: Seen<HostFacts>;
  readonly login: Seen<LoginFact>;
  /** Absent: nobody asked for it. */
  readonly deepRead?: Seen<DeepReadFact>;
}
