/** What is measured before a switchover. A group that could not be measured says why. */

export type Measured<T> = { readonly value: T } | { readonly error: string };

export interface ServerFacts {
  readonly systemIdentifier: string;
  /** Of pg_control in the configured data directory: the host and the SQL have to mean one server. */
  readonly onHost?: string | undefined;
  readonly isInRecovery: boolean;
  readonly isReplayPaused: boolean;
  readonly major: number;
  readonly isSuperuser: boolean;
  readonly synchronousNames: string;
  readonly freeSlots: number;
  readonly freeWalSenders: number;
  readonly settings: Readonly<Record<string, number>>;
  /** Of some other run. */
  readonly hasForeignFence: boolean;
}

export interface PrimaryFacts {
  readonly archiveBacklog: number;
  /** Of the oldest transaction of a client. */
  readonly transactionSeconds: number;
  readonly unloggedTables: number;
  readonly logicalSlots: readonly string[];
  /** Standbys beside the one that takes over, which do not follow it by themselves. */
  readonly otherStandbys: readonly string[];
}

export interface LinkFacts {
  /** The standby's own; empty when it has none. */
  readonly slot: string;
  /** Of `pg_stat_replication`; absent when nobody streams from that slot. */
  readonly state?: string | undefined;
  readonly lagBytes?: number | undefined;
  /** `replay_lag`; 0 where nothing is behind, for the server forgets it then. */
  readonly lagSeconds?: number | undefined;
}

export interface ClientFacts {
  /** `name host:port` of each entry that is to be paused. */
  readonly entries: readonly string[];
  /** Of them, those that do not lead to the primary. */
  readonly elsewhere: readonly string[];
}

export interface GuardFacts {
  readonly primary: Measured<ServerFacts>;
  readonly standby: Measured<ServerFacts>;
  readonly load: Measured<PrimaryFacts>;
  readonly link: Measured<LinkFacts>;
  /** The old primary's login at the new one: what IDENTIFY_SYSTEM answered there. */
  readonly wayBack: Measured<string>;
  /** Absent without a PgBouncer. */
  readonly clients?: Measured<ClientFacts> | undefined;
}
