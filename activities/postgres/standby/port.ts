import type { PostgresServer, RunMark } from "../port";

/** From a verified copy to a standby that streams; plain types, so that workflow code may import them. */

interface Pair {
  readonly run: RunMark;
  readonly primary: PostgresServer;
  readonly replica: PostgresServer;
}

/** What a base backup has left: a whole data directory in its attempt's folder. */
export interface FinishedCopy {
  readonly path: string;
  readonly systemIdentifier: string;
}

export interface PublishOrder extends Pair {
  readonly backup: FinishedCopy;
  /** On the primary, with the WAL since before the copy. */
  readonly slot: string;
  /** Of the replica itself where it may not be as the primary is, such as `listen_addresses`. */
  readonly settings?: Readonly<Record<string, string>> | undefined;
}

export interface Published {
  readonly dataDirectory: string;
  /** `already`: an earlier call had renamed it. */
  readonly was: "renamed" | "already";
}

export interface ServerOrder {
  readonly run: RunMark;
  readonly server: PostgresServer;
  /** For pg_ctl to wait; default 300 s. */
  readonly timeoutS?: number | undefined;
}

export interface Started {
  /** `starting`: it still replays what it needs to be consistent. */
  readonly standing: "accepting" | "starting";
}

/** Both, over so many samples in a row. */
export interface LagGate {
  readonly bytes: number;
  readonly seconds: number;
  readonly samples: number;
  /** Between two samples; default 1000. */
  readonly intervalMs?: number | undefined;
}

export interface LagOrder extends Pair {
  readonly gate: LagGate;
  /** Answer then, caught up or not; default one hour. */
  readonly withinMs?: number | undefined;
}

export interface LagSample {
  /** Milliseconds since the epoch, by the worker's clock. */
  readonly at: number;
  /** `streaming`, another state of `pg_stat_replication`, or nothing when the standby is not connected. */
  readonly state?: string | undefined;
  readonly primaryLsn: string;
  readonly replayLsn?: string | undefined;
}

export interface LagSight {
  readonly verdict: "caught up" | "behind";
  /** Absent while the standby is not connected. */
  readonly bytes?: number | undefined;
  /** How long ago the primary stood where the standby stands; absent while nobody knows. */
  readonly seconds?: number | undefined;
  /** In a row, within the gate. */
  readonly held: number;
  readonly reason: string;
}

export interface RoundTripOrder extends Pair {
  /** Default 30 s. */
  readonly timeoutMs?: number | undefined;
}

/** A row's way from the primary's commit to the standby's readers. */
export interface RoundTrip {
  readonly ms: number;
  readonly lsn: string;
}

export interface SynchronousOrder extends Pair {
  readonly gate: Pick<LagGate, "bytes" | "seconds">;
}

/** What must not change behind a run's back while its standby waits for a decision. */
export interface Baseline {
  readonly systemIdentifier: string;
  readonly timeline: number;
  /** `pg_postmaster_start_time` of both; none of a standby that does not answer. */
  readonly primaryStartedAt: string;
  readonly standbyStartedAt?: string | undefined;
  /** Of the primary: settings that a standby must not be below, and what replication rests on. */
  readonly settings: Readonly<Record<string, string>>;
}

export interface SightOrder extends Pair {
  readonly slot: string;
  /** Of the first look; absent: this is the first one. */
  readonly since?: Baseline | undefined;
}

export interface StandbySight {
  readonly slot: {
    readonly standing: "streaming" | "inactive" | "lost" | "gone";
    /** WAL that the slot holds back on the primary. */
    readonly heldBytes?: number | undefined;
    /** Until the slot's cap; absent without a cap. */
    readonly safeBytes?: number | undefined;
  };
  readonly lagBytes?: number | undefined;
  /** By the standby's own reports; absent while nobody knows. */
  readonly lagSeconds?: number | undefined;
  /** Free on the file system of the standby's data directory. */
  readonly freeBytes?: number | undefined;
  readonly baseline: Baseline;
  /** A sentence for each change since the first look; empty: as it was. */
  readonly drift: readonly string[];
}

export interface UnpublishOrder extends Pair {
  readonly backup: PublishOrder["backup"];
}

export interface StandbyActivities {
  /** The copy becomes the data directory by one rename; from before it on it can only start as a standby. @throws postgres.publishRefused, ssh.* */
  publishStandby(order: PublishOrder): Promise<Published>;
  /** @throws postgres.startFailed, ssh.* */
  startStandby(order: ServerOrder): Promise<Started>;
  /** Returns once caught up, else when its time is over. @throws postgres.*, ssh.* */
  watchLag(order: LagOrder): Promise<LagSight>;
  /** The honest lag. @throws postgres.roundTripLate */
  sentinelRoundTrip(order: RoundTripOrder): Promise<RoundTrip>;
  /** Commits wait for this standby from now on. Only once it has caught up. @throws postgres.notCaughtUp, postgres.synchronousElsewhere */
  setSynchronous(order: SynchronousOrder): Promise<void>;
  /** As it was, unless somebody has changed it since. */
  unsetSynchronous(order: Pair): Promise<"restored" | "left alone">;
  standbySight(order: SightOrder): Promise<StandbySight>;
  /** Proves it, too. @throws postgres.notStopped, ssh.* */
  stopStandby(order: ServerOrder): Promise<void>;
  /** Back into its attempt's folder, from where it can be discarded. @throws postgres.unpublishRefused, postgres.notStopped, ssh.* */
  unpublishStandby(order: UnpublishOrder): Promise<"moved" | "already">;
}
