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
  readonly destinations: readonly {
    readonly tuple: Tuple;
    /** Held open at once by this host. */
    readonly connections: number;
  }[];
  /** Seconds from when all are open. */
  readonly holdS: number;
  /** Seconds after which a connection is closed and opened anew. */
  readonly lifeS: number;
}

/** What connections failed of. */
export type ConnectFailure =
  "timeout" | "reset" | "refused" | "unreachable" | "noLocalPort" | "other";

/** Of one destination, or of all of them. Times in milliseconds of those that opened. */
export interface StormFigures {
  /** Connections that were tried. */
  readonly tried: number;
  readonly failed: Readonly<Partial<Record<ConnectFailure, number>>>;
  /** Most that were open at once. */
  readonly peak: number;
  /** Seconds for which as many as were ordered were open. */
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
}

/** The customer's own client, or a tool such as wrk or k6, that prints one JSON object as its last line. */
export interface ApplicationOrder {
  readonly host: LoadHost;
  readonly key: string;
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}

/** The command's own words, with what the host saw of its sockets. */
export interface ApplicationReport {
  readonly host: string;
  readonly requests: number;
  readonly failed: number;
  /** Connections that were opened for them. */
  readonly opened: number;
  /** Most sockets that were open at once, by destination; at most 50. */
  readonly sockets: readonly { readonly tuple: Tuple; readonly most: number }[];
}

export interface LoadPort {
  /** A job on the host: a repeated call joins it. @throws load.*, ssh.* */
  storm(order: StormOrder, signal?: AbortSignal): Promise<StormReport>;
  /** @throws load.badReport, load.commandFailed, ssh.* */
  application(
    order: ApplicationOrder,
    signal?: AbortSignal,
  ): Promise<ApplicationReport>;
  /** Ends what goes on under this key. @throws ssh.* */
  stop(host: LoadHost, key: string): Promise<void>;
}
