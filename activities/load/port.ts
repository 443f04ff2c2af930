import type { Tuple } from "../egress/port";
import type { SshTarget } from "../ssh/port";

/** Load on purpose; plain types, so that workflow code may import them. */

/** A host from which load is put on. */
export interface LoadHost {
  readonly id: string;
  readonly ssh: SshTarget;
}

/** Keeps so many connections open at once, and measures how they open. */
export interface StormOrder {
  readonly host: LoadHost;
  /** Part of the job's key: `<rootRunId>/<host>/stress/<generation>`. */
  readonly key: string;
  /** At most 200. */
  readonly destinations: readonly {
    readonly tuple: Tuple;
    /** Held open at once by this host. */
    readonly connections: number;
  }[];
  /** Seconds from when all are open. */
  readonly holdS: number;
  /** Seconds after which a connection is closed and opened anew. */
  readonly lifeS: number;
  /** Seconds after which it ends with what it reached; by default some that suffice where connections open. */
  readonly giveUpS?: number;
}

/** What connections failed of. */
export type ConnectFailure =
  "timeout" | "reset" | "refused" | "unreachable" | "noLocalPort" | "other";

/**
 * Of one destination, or of all of them. Times in milliseconds of those that opened; percentiles are at most 2.5 % off, and
 * as late as the host's processor was busy.
 */
export interface StormFigures {
  /** Connections that were tried. */
  readonly tried: number;
  /** Of those that were tried; a reset may have come after the opening. */
  readonly failed: Readonly<Partial<Record<ConnectFailure, number>>>;
  /** Most that were open at once. */
  readonly peak: number;
  /**
   * Seconds for which as many as were ordered were open, in all, up to those that were ordered. One that is renewed after its
   * life counts as open until its renewal fails.
   */
  readonly heldS: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  /** Share that took more than 0.9 s, 0 to 1: a lost SYN is sent again after a second. */
  readonly slowShare: number;
}

export interface StormReport {
  readonly host: string;
  readonly total: StormFigures;
  readonly destinations: readonly (StormFigures & { readonly tuple: Tuple })[];
  /** How long connections took to open: pairs of a bucket (see total.ts) and the connections in it, by bucket. */
  readonly opening: readonly (readonly [bucket: number, count: number])[];
}

/** The customer's own client, or a tool such as k6, that prints one JSON object as its last line; or wrk itself. */
export interface ApplicationOrder {
  readonly host: LoadHost;
  readonly key: string;
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** Where the command is the load itself; it reads this as JSON in the variable RUNBOOK_LOAD. */
  readonly peak?: PeakOrder;
}

/** Connections that a command keeps open at once, as a storm would. */
export type PeakOrder = Pick<StormOrder, "destinations" | "holdS" | "lifeS">;

/** The command's own words, with what the host saw of its sockets. */
export interface ApplicationReport {
  readonly host: string;
  readonly requests: number;
  readonly failed: number;
  /** Connections that were opened for them: by the command's own word, else all that its host opened meanwhile. */
  readonly opened: number;
  /** The command did not say `opened`: whatever else its host opened meanwhile is in it. */
  readonly openedByHost?: true;
  /** Most sockets that were open at once, by destination; at most 50. */
  readonly sockets: readonly { readonly tuple: Tuple; readonly most: number }[];
  /** Of an order with a peak: established connections as the host saw them, no more of a destination than were ordered. */
  readonly carried?: Pick<StormFigures, "peak" | "heldS" | "p999Ms">;
}

export interface LoadPort {
  /** A job on the host: a repeated call joins it. @throws input.invalid, noPython, fewFiles, stormBroke, ssh.* */
  storm(order: StormOrder, signal?: AbortSignal): Promise<StormReport>;
  /** A job likewise. @throws input.invalid, noPython, commandFailed, badReport, ssh.* */
  application(
    order: ApplicationOrder,
    signal?: AbortSignal,
  ): Promise<ApplicationReport>;
  /** Ends what goes on under this key. @throws ssh.* */
  stop(host: LoadHost, key: string): Promise<void>;
}

/** All hosts at once. A host that fails ends the call; jobs of the others go on until they are joined again or stopped. */
export interface LoadActivities {
  runStorm(order: {
    readonly orders: readonly StormOrder[];
  }): Promise<readonly StormReport[]>;
  runApplicationLoad(order: ApplicationOrder): Promise<ApplicationReport>;
  /** Stops what can be stopped, then fails for the rest. */
  stopLoad(order: {
    readonly jobs: readonly { readonly host: LoadHost; readonly key: string }[];
  }): Promise<void>;
}
