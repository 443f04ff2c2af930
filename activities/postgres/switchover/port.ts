import type { SshTarget } from "../../ssh/port";
import type { Check, PostgresServer, RunMark, SqlPlace } from "../port";

/** A standby takes over from its primary; plain types, so that workflow code may import them. */

/** PgBouncer in front of the servers. */
export interface Bouncer {
  /** Of its host in the inventory. */
  readonly id: string;
  readonly ssh: SshTarget;
  /** The admin console. */
  readonly console: SqlPlace & { readonly isConsole: true };
  /** Entries that lead to the primary. */
  readonly databases: readonly string[];
  /** Holds these entries, and is included by pgbouncer.ini below `[databases]`. */
  readonly databasesFile: string;
  /** Owner of that file. */
  readonly osUser: string;
}

export interface SwitchOrder {
  readonly run: RunMark;
  /** As the switch begins; the names stay when the roles have changed. */
  readonly primary: PostgresServer;
  readonly standby: PostgresServer;
  /** Without one, connections are limited to none on the primary itself. */
  readonly bouncer?: Bouncer | undefined;
}

export interface GuardLimits {
  readonly lagBytes: number;
  readonly lagSeconds: number;
  /** WAL files that wait for the archiver: a shutdown does not end before them. */
  readonly archiveBacklog: number;
  /** The oldest transaction that writes, or holds a snapshot. */
  readonly transactionSeconds: number;
  /** Unlogged tables, which are empty on a promoted standby. */
  readonly unloggedTables: number;
}

export interface GuardOrder extends SwitchOrder {
  readonly limits: GuardLimits;
}

export interface DrainOrder extends SwitchOrder {
  /** For transactions to end by themselves; default 30 s. */
  readonly timeoutMs?: number | undefined;
}

/** How a cluster ended. All later proofs compare with it. */
export interface Stopped {
  readonly systemIdentifier: string;
  /** Where the shutdown's record begins: whoever has replayed past it has everything. */
  readonly checkpoint: string;
  readonly timeline: number;
  /** The next transaction's id: as long as it is the same, nobody has written since. */
  readonly nextXid: string;
}

export interface StopOrder extends SwitchOrder {
  /** For the shutdown, with its archiving; default 300 s. */
  readonly timeoutS?: number | undefined;
}

export interface AfterStop extends SwitchOrder {
  readonly stopped: Stopped;
}

export interface Fenced {
  /** On the new primary, for the old one to come back on. */
  readonly slot: string;
}

export interface Received {
  readonly replayLsn: string;
}

export interface PromoteOrder extends AfterStop {
  /** Default 60 s. */
  readonly timeoutS?: number | undefined;
}

export interface Promoted {
  /** `already`: an earlier call had promoted it. */
  readonly was: "promoted" | "already";
}

export interface TimelineProof {
  readonly timeline: number;
  readonly lsn: string;
}

export interface DemoteOrder extends AfterStop {
  /** For the old primary to follow, and again for the new one to stop; default 60 s. */
  readonly timeoutS?: number | undefined;
}

/** `kept`: it goes on as the primary, for what was seen. */
export type Demoted =
  | { readonly was: "demoted"; readonly stopped: Stopped }
  | { readonly was: "kept"; readonly seen: string };

export interface PromoteBackOrder extends SwitchOrder {
  /** How the new primary ended. */
  readonly demoted: Stopped;
  /** Default 60 s. */
  readonly timeoutS?: number | undefined;
}

export interface RejoinOrder extends AfterStop {
  /** For the old primary to start and stream; default 120 s. */
  readonly timeoutS?: number | undefined;
}

export type RestartOrder = Omit<RejoinOrder, "stopped">;

export interface Rejoined {
  readonly slot: string;
  /** Of the old days on the old primary, which would hold WAL for ever: dropped, or left since another made it. */
  readonly oldSlot?: {
    readonly name: string;
    readonly was: "dropped" | "left";
  };
}

export interface ResumeOrder extends SwitchOrder {
  /** Where clients are to write from now on. */
  readonly to: "primary" | "standby";
  /** Somebody says so, and no step has proven that the other one is closed: it is asked. */
  readonly openedByHand?: boolean;
}

export interface ReopenOrder extends SwitchOrder {
  /** Absent: the stop was never seen to end. */
  readonly stopped?: Stopped | undefined;
  /** Whether a promotion was ever asked for: only then has the standby to be proven stopped. */
  readonly promoteBegun: boolean;
  readonly timeoutS?: number | undefined;
}

/** `promoted`: it happened after all; the old primary is fenced, and the only way is forward. */
export type Reopened =
  | { readonly open: "primary"; readonly timeline: number }
  | { readonly open: "standby" };

/** Each may be repeated, whenever a worker died. */
export interface SwitchoverActivities {
  /** Every row with what was measured; what could not be measured is no pass. */
  guards(order: GuardOrder): Promise<readonly Check[]>;
  /** Lets no new transaction begin, and waits for those that run. @throws postgres.notDrained, postgres.clientsElsewhere */
  drainClients(order: DrainOrder): Promise<void>;
  /** So that the shutdown has little to write. */
  checkpoint(order: SwitchOrder): Promise<void>;
  /** @throws postgres.notStopped, postgres.notShutDown */
  stopPrimary(order: StopOrder): Promise<Stopped>;
  /** From here on the old primary can only start as a standby, whoever starts it. @throws postgres.startedAgain, postgres.foreignFence */
  fencePrimary(order: AfterStop): Promise<Fenced>;
  /** @throws postgres.notReceived, postgres.wrongCluster */
  proveReceived(order: AfterStop): Promise<Received>;
  /** @throws postgres.notFenced, postgres.notReceived, postgres.replayPaused, postgres.notPromoted */
  promote(order: PromoteOrder): Promise<Promoted>;
  /** @throws postgres.timelineUnproven */
  proveTimeline(order: AfterStop): Promise<TimelineProof>;
  /** The old primary streams from the new one. @throws postgres.notRejoined, postgres.twoOpen */
  rejoin(order: RejoinOrder): Promise<Rejoined>;
  /** Leads clients to a server that takes writes, and lets them go on. @throws postgres.notWritable, postgres.twoOpen */
  resumeClients(order: ResumeOrder): Promise<void>;
  /**
   * The undo: the old primary takes writes again. When a promotion was asked for, only after the standby is proven stopped.
   *
   * @throws postgres.neitherOpen when nothing can be proven: then neither is open; postgres.twoOpen
   */
  reopenPrimary(order: ReopenOrder): Promise<Reopened>;
  /** After a reopening: the standby streams again, and holds nothing back. */
  restartStandby(order: RestartOrder): Promise<void>;
  /**
   * The undo of a promotion on whose server no client goes on yet: the old primary follows the new one, which is then stopped,
   * so that the old one has all that was ever written there.
   *
   * @throws postgres.notDemoted, postgres.twoOpen
   */
  demote(order: DemoteOrder): Promise<Demoted>;
  /** After `demote`: the new primary is fenced, and the old one promoted. @throws postgres.notPromotedBack, postgres.startedAgain */
  promoteBack(order: PromoteBackOrder): Promise<Reopened>;
}
