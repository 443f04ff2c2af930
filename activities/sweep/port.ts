import type { ArtifactRef } from "../artifacts/port";
import type { Host } from "../inventory/port";
import type { ChainStanding, RunRef } from "../runs/port";
import type { SshAccess } from "../ssh/port";

/** What a chain of runs that is over can leave behind. */
export type LeftoverKind =
  /** Held: its hosts may be between two versions. */
  | "lock"
  /** A place in the line for a lock. */
  | "waiting"
  /** A lock that is kept for a person to look. */
  | "kept"
  /** Somebody whom freezes are told to. */
  | "watcher"
  /** The owner file on a host. */
  | "claim"
  /** A host out of its balancer. */
  | "drained"
  /** A detached job that runs. */
  | "job"
  /** A replication slot, which holds WAL on its primary. */
  | "slot"
  /** A server-wide setting of a primary. */
  | "setting"
  /** Clients that a switchover keeps out of a database. */
  | "clients"
  /** Of a switchover: a server that may not come back as a primary. */
  | "fence"
  /** amcheck in a database that did not have it. */
  | "extension"
  /** A row that a backup had to hold. */
  | "sentinel"
  /** A copy of a primary, or a scratch instance of one. */
  | "copy";

/**
 * What is to be done about it: `free` by the sweep, once it is told to; by a `person`; or `wait`, for it is too early.
 */
export type Todo = "free" | "person" | "wait";

/** The run whose it is, and how that ended. Times in milliseconds since the epoch. */
export interface Whose extends RunRef {
  readonly end: ChainStanding;
  readonly endedAt?: number;
}

export interface Leftover {
  readonly kind: LeftoverKind;
  /** `target`, `target/pool` or `target/pool/host`. */
  readonly where: string;
  /** Absent where nothing tells it. */
  readonly whose?: Whose;
  readonly since?: number;
  /** Key of a job. */
  readonly job?: string;
  readonly todo: Todo;
  /** What it is, more exactly, and what to do. */
  readonly note: string;
  /** The sweep has freed it. */
  readonly isFreed?: true;
}

/** A host that could not be asked. */
export interface Silence {
  readonly where: string;
  readonly seen: string;
}

/** Folders of jobs that have ended, whose chains are over. */
export interface JobFolders {
  readonly kept: number;
  readonly removed: number;
}

export interface Findings {
  readonly leftovers: readonly Leftover[];
  readonly silent: readonly Silence[];
  readonly folders: JobFolders;
}

/** Who sweeps what, and how far it may go. */
export interface SweepOrder {
  readonly target: string;
  /** The sweep itself. */
  readonly run: RunRef;
  readonly mode: "look" | "free";
}

export interface HostsOrder extends SweepOrder {
  /** A `SweptHosts` in the artifact store. */
  readonly hosts: ArtifactRef;
  /** Rows of it. */
  readonly from: number;
  readonly to: number;
  /** Stop jobs of chains that are over. */
  readonly stopJobs: boolean;
  /** Remove folders of jobs that ended so long ago. */
  readonly olderThanMs?: number;
  readonly atOnce: number;
  /** For the look at one host. */
  readonly hostMs: number;
  /** Where what was found is stored in full. */
  readonly key: string;
}

/** The hosts of a target as the inventory told them when the sweep began. */
export interface SweptHosts {
  readonly access: SshAccess;
  readonly hosts: readonly Host[];
}

export interface ServersOrder extends SweepOrder {
  /** `PostgresServer[]` in the artifact store. */
  readonly servers: ArtifactRef;
  /** Those of one site. */
  readonly site?: string;
  /** Remove finished copies that are so old. */
  readonly olderThanMs?: number;
  /** For the look at one host. */
  readonly hostMs: number;
  /** Where what was found is stored in full. */
  readonly key: string;
}

export interface SweepActivities {
  /** Locks, places in line and watchers of chains that are over. @throws the Temporal client's own errors */
  sweepKeepers(order: SweepOrder): Promise<Findings>;
  /** The same on hosts. One that cannot be asked is a finding, not a failure. @returns the `Findings` in the artifact store @throws artifacts.* */
  sweepHosts(order: HostsOrder): Promise<ArtifactRef>;
  /** The same with the PostgreSQL servers of a target, and on their hosts. @returns the `Findings` in the artifact store @throws artifacts.* */
  sweepServers(order: ServersOrder): Promise<ArtifactRef>;
}
