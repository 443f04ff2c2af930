import type { ArtifactRef } from "../artifacts/port";
import type { HostGateway } from "../egress/port";

/** Customers whose sites are called; plain types, so that workflow code may import them. */

/** Address of a customer's site, as a file of them names it. */
export interface Customer {
  readonly id: string;
  /** What is asked for: `https://shop.example/health`. */
  readonly url: string;
  /** Addresses of the site's host; looked up when the file is read where it names none. */
  readonly addresses: readonly string[];
  /** Own test sites, which go first. */
  readonly canary?: true;
}

/**
 * What the same request from a new address came to, beside one from an old address within seconds. `unknown`: nobody could
 * ask, or the answers contradict each other.
 */
export const probeClasses = [
  "allowed",
  "drop",
  "reset",
  "denied_http",
  "limited",
  "challenge",
  "different_body",
  "down_on_both",
  "unknown",
] as const;
export type ProbeClass = (typeof probeClasses)[number];

/** One request, by curl. */
export interface ProbeAnswer {
  /** Of curl: 0 when there was an answer, 28 for a timeout, 7 or 56 for what was refused or reset. */
  readonly exitCode: number;
  /** 0 without an answer. */
  readonly status: number;
  readonly bodyBytes: number;
  readonly connectMs: number;
  /** It asks whoever calls to prove that he is human. */
  readonly isChallenge: boolean;
  /** Its headers say when to come again: `Retry-After`. */
  readonly asksToWait: boolean;
  readonly error: string;
}

/** Of one customer in one pass: the worst over its addresses and over the new addresses. */
export interface ProbeResult {
  readonly customer: string;
  readonly class: ProbeClass;
  /** Why, in a few words. */
  readonly seen: string;
}

/** Customers in the artifact store, in batches of `batchSize`, in their order. */
export interface CustomerBook {
  /** Of the batches and of what comes of them. */
  readonly folder: string;
  readonly count: number;
  readonly batchSize: number;
  /** SHA-256 over all batches. */
  readonly sha256: string;
}

export type ClassCounts = Readonly<Partial<Record<ProbeClass, number>>>;

/** Where a customer stands, which follows from its probes. */
export const customerStates = [
  /** Two passes let the new addresses in. */
  "ready",
  /** Only the last pass did. */
  "allowed once",
  /** It answers nobody. */
  "down",
  /** It does not let a new address in. */
  "blocked",
  "unknown",
] as const;
export type CustomerState = (typeof customerStates)[number];
export type StateCounts = Readonly<Partial<Record<CustomerState, number>>>;

/** Text of `Division.document`. */
export interface DivisionDocument {
  /** Addresses in the order in which they are moved; the first `canaries` of them are of own test sites alone. */
  readonly movable: readonly string[];
  readonly canaries: number;
  readonly stay: readonly string[];
}

/** Destinations in the order in which they are moved, in the artifact store. */
export interface Division {
  /** A `DivisionDocument`. */
  readonly document: ArtifactRef;
  /** Addresses that may be moved, own test sites first, and how many of them those are. */
  readonly movable: number;
  readonly canaries: number;
  /** Addresses of customers that are not ready; one that a customer shares with others keeps them all. */
  readonly stay: number;
  readonly states: StateCounts;
  /** Exceptions by name, at most 20. */
  readonly exceptions: readonly string[];
}

/** What of a division is reached from the new addresses. */
export interface Portion {
  /** Percent of the movable addresses, or the own test sites alone. */
  readonly moved: number | "canaries";
  readonly document: ArtifactRef;
}

export interface ProbeOptions {
  /** As the fleet's own client calls itself, for some sites let in who calls by a name that they know. */
  readonly userAgent?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Asks customers' sites from the addresses of a gateway. */
export interface ProbePort {
  /** A result for each customer, in their order, from one old address and all new ones. @throws probe.*, ssh.* */
  ask(
    gateway: HostGateway,
    customers: readonly Customer[],
    options?: ProbeOptions,
  ): Promise<readonly ProbeResult[]>;
}

export interface VerifyBatchOrder {
  readonly book: CustomerBook;
  readonly batch: number;
  /** From 1; a batch that was asked in this pass is not asked again. */
  readonly pass: number;
  readonly gateways: readonly HostGateway[];
  /** See `ProbeOptions`. */
  readonly userAgent?: string | undefined;
}

export interface CustomerActivities {
  /** @returns how many of the batch came to what @throws probe.*, ssh.*, artifacts.* */
  verifyBatch(order: VerifyBatchOrder): Promise<ClassCounts>;
  /** Where all customers stand after so many passes. @throws artifacts.* */
  divideCustomers(order: {
    readonly book: CustomerBook;
    readonly passes: number;
  }): Promise<Division>;
  /** A CSV of all customers for people, RFC 4180. @throws artifacts.* */
  exportCustomers(order: {
    readonly book: CustomerBook;
    readonly passes: number;
    readonly folder: string;
  }): Promise<ArtifactRef>;
}
