import type { ArtifactRef } from "../artifacts/port";
import type { SshTarget } from "../ssh/port";

/** Gateways through which a fleet reaches its customers; plain types, so that workflow code may import them. */

/** `198.51.100.7:443`: where connections of TCP go. A NAT's ports are used up for each of them apart. */
export type Tuple = string;

/** Ports that a gateway gives to connections, both ends included. */
export interface PortRange {
  readonly from: number;
  readonly to: number;
}

/**
 * How connections are spread over the new addresses. By `connection` each takes the next address in turn; a `range` is what
 * nftables calls `snat to A-C`, which keeps each pair of source and destination on one address.
 */
export type Spread = "connection" | "range";

/** What is said of a gateway of any kind. */
interface AnyGateway {
  /** Of its host in the inventory, or of the provider. */
  readonly id: string;
  /** Its own addresses towards customers, now and then: an address lives on one gateway. */
  readonly old: readonly string[];
  readonly new: readonly string[];
  readonly ports: PortRange;
}

/** A Linux host that translates addresses; it is reached by SSH and asks nftables as root, by `sudo` where `become` says so. */
export interface LinuxGateway extends AnyGateway {
  readonly kind: "linux-nat";
  readonly ssh: SshTarget;
  /** Towards the customers. */
  readonly interface: string;
  /** Holds snapshot, rules and marks of runs; absolute. */
  readonly workFolder: string;
}

/** The customer's own software chooses its source address; it is told by a command on each of its hosts. */
export interface ApplicationGateway extends AnyGateway {
  readonly kind: "application";
  readonly ssh: SshTarget;
  /** Takes a verb as its last word and a document on stdin: docs/egress-application.md. */
  readonly command: readonly string[];
}

/** A NAT gateway of AWS that is to take the place of another. */
export interface AwsGateway extends AnyGateway {
  readonly kind: "aws";
  readonly region: string;
  /** Where the API is asked; the provider's own otherwise. */
  readonly endpoint?: string | undefined;
  readonly natGateway: string;
  readonly subnet: string;
  /** Of the new addresses. */
  readonly allocations: readonly string[];
  readonly routeTables: readonly string[];
  /** Of one route table, by the account's quota; 50 unless AWS has raised it. */
  readonly mostRoutes?: number | undefined;
}

/** Those that are hosts, from whose addresses customers can be asked. */
export type HostGateway = LinuxGateway | ApplicationGateway;
export type Gateway = LinuxGateway | ApplicationGateway | AwsGateway;

/** Only some of a gateway's new addresses may be used for these destinations. */
export interface UsableAddresses {
  readonly tuple: Tuple;
  readonly addresses: readonly string[];
}

/** Where new connections go from now on; open ones keep their address. The whole of it is loaded at once, or nothing. */
export interface Steering {
  /** Grows with each order: a gateway refuses an older one than it has, so that a late order changes nothing. */
  readonly generation: number;
  /** Addresses of destinations that are reached from the new addresses. */
  readonly moved: readonly string[];
  /** Addresses of destinations that are reached from the old ones, whatever the share. */
  readonly stay: readonly string[];
  /** Percent of new connections to all other destinations, 0 to 100. */
  readonly share: number;
  readonly spread: Spread;
  readonly usable: readonly UsableAddresses[];
}

/** What a gateway tells of itself before anything is changed. */
export interface GatewayFacts {
  readonly gateway: string;
  readonly kernel: string;
  /** Of connection tracking: how many it holds, and may hold. */
  readonly entries: number;
  readonly mostEntries: number;
  /** Seconds for which a closed connection keeps its port: `nf_conntrack_tcp_timeout_time_wait`. */
  readonly portHoldS: number;
  /** What keeps it from doing its part, in words; none when all is well. */
  readonly faults: readonly string[];
}

/** Open connections of one destination. */
export interface TupleUse {
  readonly tuple: Tuple;
  readonly old: number;
  readonly new: number;
}

/** One look at one gateway. Counters grow since its boot. */
export interface GatewayLook {
  readonly gateway: string;
  /** Milliseconds of the epoch, by the worker's clock. */
  readonly at: number;
  readonly counters: {
    /** New connections through the interface. */
    readonly opened: number;
    /** Sums of `conntrack -S`; see docs/egress.md for what each means. */
    readonly insertFailed: number;
    readonly drop: number;
    readonly earlyDrop: number;
    readonly found: number;
  };
  readonly entries: number;
  readonly mostEntries: number;
  /** Open connections of TCP from the old addresses and from the new ones. */
  readonly onOld: number;
  readonly onNew: number;
  /** The most used ones, at most 50. */
  readonly tuples: readonly TupleUse[];
  /** Whether the rules are those that were loaded last. */
  readonly rules: "ours" | "absent" | "changed" | "elsewhere";
  /** Of the rules that it has; 0 without any. */
  readonly generation: number;
  /** New addresses that its interface lacks. */
  readonly lacks: readonly string[];
  /** Old addresses that its interface lacks, though nobody has retired them. */
  readonly lacksOld: readonly string[];
}

/** A gateway that could not be looked at. */
export interface Unseen {
  readonly gateway: string;
  readonly at: number;
  /** Type of a closed list, and what was seen. */
  readonly type: string;
  readonly seen: string;
}

/** Looks of one moment at all gateways. */
export interface Sight {
  readonly looks: readonly GatewayLook[];
  readonly unseen: readonly Unseen[];
}

export interface Retiring {
  /** Somebody has said that connections which are still open on the old addresses may be cut. */
  readonly cut?: boolean | undefined;
}

/** One gateway of one kind. Each call may be repeated: it changes nothing twice. @throws egress.*, ssh.* */
export interface EgressPort<Of extends Gateway = Gateway> {
  /** Facts and faults; changes nothing. */
  inspect(gateway: Of, signal?: AbortSignal): Promise<GatewayFacts>;
  look(gateway: Of, signal?: AbortSignal): Promise<GatewayLook>;
  /** Brings up the new addresses beside the old ones; no connection uses them yet. Keeps a snapshot first. */
  provision(gateway: Of, signal?: AbortSignal): Promise<void>;
  /** @throws egress.superseded when the gateway has a later generation */
  steer(gateway: Of, steering: Steering, signal?: AbortSignal): Promise<void>;
  /** Loads once more what was loaded last, such as after a boot; refused over a later generation than the named one. */
  reload(gateway: Of, generation: number, signal?: AbortSignal): Promise<void>;
  /** Takes the old addresses off, and keeps what brings them back. @throws egress.stillUsed unless it may cut what is open */
  retire(gateway: Of, how: Retiring, signal?: AbortSignal): Promise<void>;
  /** Brings the old addresses back, and tells the neighbours. */
  bringBack(gateway: Of, signal?: AbortSignal): Promise<void>;
  /** As it was before `provision`: rules, new addresses and settings of the snapshot. @throws egress.superseded */
  restore(gateway: Of, generation: number, signal?: AbortSignal): Promise<void>;
  /** Forgets the snapshot: nothing brings the old addresses back any more. */
  release(gateway: Of, signal?: AbortSignal): Promise<void>;
}

/** What is known of destinations after so many looks. */
export interface Census {
  /** Milliseconds of the epoch. */
  readonly since: number;
  readonly until: number;
  /** Looks that were due, and by gateway those that were taken. */
  readonly due: number;
  readonly taken: Readonly<Record<string, number>>;
  /** Most connections through all gateways at one moment, which needs a look at each of them. */
  readonly peak: number;
  readonly peakAt: number;
  /** The hottest, by gateway; at most 50. */
  readonly tuples: readonly {
    readonly gateway: string;
    readonly tuple: Tuple;
    readonly most: number;
  }[];
}

/** In percent, of the ports that a destination may use, and of new connections. */
export interface PressureLimits {
  readonly warn: number;
  readonly hold: number;
  readonly rollback: number;
  readonly failPercent: number;
  /** So many looks in a row. */
  readonly failLooks: number;
}

/** What a look at the pressure needs to know of those before; small JSON. */
export interface PressureMemory {
  readonly last: Readonly<Record<string, Pick<GatewayLook, "at" | "counters">>>;
  /** Looks in a row in which too many connections failed. */
  readonly failing: number;
  /** By gateway, looks in a row that could not be taken. */
  readonly unseen: Readonly<Record<string, number>>;
  /** Most connections through all gateways at one moment since the stage began. */
  readonly peak: number;
  /** When all gateways were seen last, and whether there was nothing against going on. */
  readonly seenAt: number;
}

export type PressureLevel = "ok" | "warn" | "hold" | "rollback";

export interface PressureReport {
  readonly level: PressureLevel;
  /** Why, in words; the same words for the same reason, so that it is news once. */
  readonly text: string;
  /** What was measured. */
  readonly figures: string;
  readonly memory: PressureMemory;
  /** Gateways whose rules or addresses are gone, such as after a boot. */
  readonly gone: readonly string[];
}

interface OnGateways {
  readonly gateways: readonly Gateway[];
}

export interface SteerOrder
  extends OnGateways, Omit<Steering, "moved" | "stay"> {
  /** Division of the customers; absent while nothing is moved. */
  readonly document?: ArtifactRef | undefined;
  /** Percent of its movable addresses, or the own test sites alone. */
  readonly moved: number | "canaries";
}

export interface PressureOrder extends OnGateways {
  readonly usable: readonly UsableAddresses[];
  readonly limits: PressureLimits;
  readonly everyMs: number;
  /** Without news it returns after this time. */
  readonly forMs: number;
  /** Connections that count as a peak. */
  readonly peakWanted: number;
  readonly known?:
    Pick<PressureReport, "level" | "text" | "memory"> | undefined;
}

export interface Drained {
  readonly isDrained: boolean;
  /** By gateway, connections that are open on old addresses. */
  readonly onOld: Readonly<Record<string, number>>;
}

/** Each acts on all gateways at once, does what it can, and then fails by those that could not be reached. @throws egress.*, ssh.* */
export interface EgressActivities {
  inspectGateways(order: OnGateways): Promise<readonly GatewayFacts[]>;
  lookAtGateways(order: OnGateways): Promise<Sight>;
  takeCensus(
    order: OnGateways & { readonly everyMs: number; readonly forMs: number },
  ): Promise<Census>;
  /** Looks until there is news: another level, other words, a peak, or rules that are gone. */
  watchPressure(order: PressureOrder): Promise<PressureReport>;
  provisionGateways(order: OnGateways): Promise<void>;
  steerGateways(order: SteerOrder): Promise<void>;
  reloadGateways(
    order: OnGateways & { readonly generation: number },
  ): Promise<void>;
  /** Until hardly a connection is remembered any more, so that one storm does not fail by another's ports. */
  awaitForgotten(
    order: OnGateways & { readonly withinMs: number },
  ): Promise<void>;
  /** @param order until is milliseconds of the epoch */
  awaitDrained(
    order: OnGateways & { readonly everyMs: number; readonly until: number },
  ): Promise<Drained>;
  retireGateways(order: OnGateways & Retiring): Promise<void>;
  bringBackGateways(order: OnGateways): Promise<void>;
  restoreGateways(
    order: OnGateways & { readonly generation: number },
  ): Promise<void>;
  releaseGateways(order: OnGateways): Promise<void>;
}
