/** The few things of EC2 that move a NAT gateway's traffic, as plain types; `client.ts` asks the real one. */

export type Tags = Readonly<Record<string, string>>;

export interface NatAddress {
  readonly allocation: string;
  readonly address: string;
  /** A failed one carries nothing. */
  readonly isReady: boolean;
  readonly failure?: string | undefined;
}

export interface NatGateway {
  readonly id: string;
  readonly state: "pending" | "available" | "failed" | "deleting" | "deleted";
  readonly failure?: string | undefined;
  readonly vpc: string;
  readonly isPublic: boolean;
  readonly addresses: readonly NatAddress[];
  readonly tags: Tags;
}

export interface Route {
  /** An IPv4 block as EC2 writes it, `198.51.100.7/32`; others (IPv6, prefix lists) by their own names. */
  readonly destination: string;
  /** Where it leads, when that is a NAT gateway. */
  readonly natGateway?: string | undefined;
  /** Learnt from a virtual private gateway: counted against another quota. */
  readonly isPropagated: boolean;
}

export interface RouteTable {
  readonly id: string;
  readonly vpc: string;
  readonly routes: readonly Route[];
  readonly tags: Tags;
}

export interface Address {
  readonly allocation: string;
  readonly address: string;
  /** Absent while it is on nothing. */
  readonly association?: string | undefined;
}

export interface NewNatGateway {
  readonly subnet: string;
  /** The first becomes the primary one, which it keeps for life. */
  readonly allocations: readonly string[];
  readonly tags: Tags;
  /** The same words again make no second one. */
  readonly token: string;
}

/** One region. What is asked for by id and unknown is absent from the answer. @throws egressAws.* of its edge */
export interface Ec2 {
  natGateways(ids: readonly string[]): Promise<readonly NatGateway[]>;
  /** Those that carry this tag, also those that have ended and are still told of. */
  taggedGateways(tag: string, value: string): Promise<readonly NatGateway[]>;
  createNatGateway(wanted: NewNatGateway): Promise<NatGateway>;
  associate(natGateway: string, allocations: readonly string[]): Promise<void>;
  deleteNatGateway(id: string): Promise<void>;
  routeTables(ids: readonly string[]): Promise<readonly RouteTable[]>;
  /** Every route table of the account that leads there. */
  tablesThrough(natGateway: string): Promise<readonly RouteTable[]>;
  createRoute(table: string, destination: string, to: string): Promise<void>;
  replaceRoute(table: string, destination: string, to: string): Promise<void>;
  deleteRoute(table: string, destination: string): Promise<void>;
  tag(ids: readonly string[], tags: Tags): Promise<void>;
  untag(ids: readonly string[], names: readonly string[]): Promise<void>;
  allocations(ids: readonly string[]): Promise<readonly Address[]>;
  /** Those of these public addresses that are still ours. */
  addresses(addresses: readonly string[]): Promise<readonly Address[]>;
  release(allocation: string): Promise<void>;
}

/** Whom to ask: a region, and by `endpoint` another place than the provider's own. */
export interface Place {
  readonly region: string;
  readonly endpoint?: string | undefined;
}

export type ConnectEc2 = (place: Place, signal?: AbortSignal) => Promise<Ec2>;
