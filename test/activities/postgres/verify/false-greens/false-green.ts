import type {
  BackupClaim,
  Level,
} from "../../../../../activities/postgres/verify/port";
import type { Copy } from "../copy";
import type { Source } from "../spoiled-source";

/** What a case may take from. */
export interface Materials {
  readonly source: Source;
  /** Of the primary. */
  readonly dataDirectory: string;
  /** Of the same cluster, before the run's sentinel. */
  readonly older: BackupClaim;
  /** Of the same cluster, while one database had no extension amcheck. */
  readonly withoutAmcheck: BackupClaim;
  /** A whole backup of another cluster. */
  readonly foreign: BackupClaim;
}

/** A backup that is not good, and that some tool says ok to. */
export interface FalseGreen {
  readonly title: string;
  /** The first level that must catch it. */
  readonly level: Level;
  readonly reason: RegExp;
  readonly spoil: (copy: Copy, from: Materials) => Promise<void> | void;
}

/** Of relations and of WAL. */
export const page = 8192;
