import type * as Sdk from "@aws-sdk/client-ec2";
import { asFailure, codeOf } from "./api-failures";
import type {
  Address,
  ConnectEc2,
  Ec2,
  NatGateway,
  NewNatGateway,
  Place,
  RouteTable,
  Tags,
} from "./ec2";

/** With pauses that grow, as AWS asks for: many routes in a row meet its limits of requests. */
const maxAttempts = 6;
const connectTimeoutMs = 5_000;
const requestTimeoutMs = 20_000;

/**
 * Asks EC2 with the worker's own credentials (variables, profile, role of the machine), by one client per region.
 *
 * The library is loaded when the first gateway of AWS is asked: it takes 70 MB, and most runs have none.
 */
export function createEc2Connections(): {
  readonly connect: ConnectEc2;
  close(): void;
} {
  const clients = new Map<string, Sdk.EC2>();
  return {
    connect: async (place, signal) => {
      const { EC2 } = await import("@aws-sdk/client-ec2");
      const { region, endpoint } = place;
      const key = JSON.stringify([region, endpoint]);
      const client =
        clients.get(key) ??
        new EC2({
          region,
          ...(endpoint === undefined ? {} : { endpoint }),
          maxAttempts,
          requestHandler: {
            connectionTimeout: connectTimeoutMs,
            requestTimeout: requestTimeoutMs,
          },
        });
      clients.set(key, client);
      return new RealEc2(client, place, signal);
    },
    close: () => {
      for (const client of clients.values()) client.destroy();
      clients.clear();
    },
  };
}

/** Of what is asked for by a filter, what is unknown is no error. */
const by = (name: string, values: readonly string[]): Sdk.Filter[] => [
  { Name: name, Values: [...values] },
];

class RealEc2 implements Ec2 {
  constructor(
    private readonly client: Sdk.EC2,
    private readonly place: Place,
    private readonly signal: AbortSignal | undefined,
  ) {}

  natGateways(ids: readonly string[]) {
    return this.#gateways(by("nat-gateway-id", ids));
  }

  async taggedGateways(tag: string, value: string) {
    const found = await this.#gateways(by(`tag:${tag}`, [value]));
    // Once more here: another one must never be taken for the one that we made.
    return found.filter(({ tags }) => tags[tag] === value);
  }

  async createNatGateway({ subnet, allocations, tags, token }: NewNatGateway) {
    const [first, ...others] = allocations;
    const input: Sdk.CreateNatGatewayCommandInput = {
      SubnetId: subnet,
      AllocationId: first,
      ...(others.length === 0 ? {} : { SecondaryAllocationIds: others }),
      ClientToken: token,
      TagSpecifications: [{ ResourceType: "natgateway", Tags: listed(tags) }],
    };
    const { NatGateway = {} } = await this.#ask(
      "CreateNatGateway",
      (ec2, options) => ec2.createNatGateway(input, options),
    );
    return gatewayOf(NatGateway);
  }

  async associate(natGateway: string, allocations: readonly string[]) {
    const input = { NatGatewayId: natGateway, AllocationIds: [...allocations] };
    await this.#ask("AssociateNatGatewayAddress", (ec2, options) =>
      ec2.associateNatGatewayAddress(input, options),
    );
  }

  async deleteNatGateway(id: string) {
    await this.#remove("DeleteNatGateway", (ec2, options) =>
      ec2.deleteNatGateway({ NatGatewayId: id }, options),
    );
  }

  routeTables(ids: readonly string[]) {
    return this.#tables(by("route-table-id", ids));
  }

  tablesThrough(natGateway: string) {
    return this.#tables(by("route.nat-gateway-id", [natGateway]));
  }

  async createRoute(table: string, destination: string, to: string) {
    const input = routeOf(table, destination, to);
    await this.#ask("CreateRoute", (ec2, options) =>
      ec2.createRoute(input, options),
    );
  }

  async replaceRoute(table: string, destination: string, to: string) {
    const input = routeOf(table, destination, to);
    await this.#ask("ReplaceRoute", (ec2, options) =>
      ec2.replaceRoute(input, options),
    );
  }

  async deleteRoute(table: string, destination: string) {
    const input = { RouteTableId: table, DestinationCidrBlock: destination };
    await this.#remove("DeleteRoute", (ec2, options) =>
      ec2.deleteRoute(input, options),
    );
  }

  async tag(ids: readonly string[], tags: Tags) {
    const input = { Resources: [...ids], Tags: listed(tags) };
    await this.#ask("CreateTags", (ec2, options) =>
      ec2.createTags(input, options),
    );
  }

  async untag(ids: readonly string[], names: readonly string[]) {
    // Without names it would take all tags off.
    if (names.length === 0) return;
    const Tags = names.map((Key) => ({ Key }));
    await this.#ask("DeleteTags", (ec2, options) =>
      ec2.deleteTags({ Resources: [...ids], Tags }, options),
    );
  }

  allocations(ids: readonly string[]) {
    return this.#addresses(by("allocation-id", ids));
  }

  addresses(addresses: readonly string[]) {
    return this.#addresses(by("public-ip", addresses));
  }

  async release(allocation: string) {
    await this.#remove("ReleaseAddress", (ec2, options) =>
      ec2.releaseAddress({ AllocationId: allocation }, options),
    );
  }

  async #gateways(Filter: Sdk.Filter[]): Promise<readonly NatGateway[]> {
    const { NatGateways = [] } = await this.#ask(
      "DescribeNatGateways",
      (ec2, options) => ec2.describeNatGateways({ Filter }, options),
    );
    return NatGateways.map(gatewayOf);
  }

  async #tables(Filters: Sdk.Filter[]): Promise<readonly RouteTable[]> {
    const tables: RouteTable[] = [];
    let NextToken: string | undefined;
    do {
      const input = { Filters, ...(NextToken && { NextToken }) };
      const page = await this.#ask("DescribeRouteTables", (ec2, options) =>
        ec2.describeRouteTables(input, options),
      );
      tables.push(...(page.RouteTables ?? []).map(tableOf));
      NextToken = page.NextToken;
    } while (NextToken);
    return tables;
  }

  async #addresses(Filters: Sdk.Filter[]): Promise<readonly Address[]> {
    const { Addresses = [] } = await this.#ask(
      "DescribeAddresses",
      (ec2, options) => ec2.describeAddresses({ Filters }, options),
    );
    return Addresses.map(addressOf);
  }

  async #ask<Answer>(call: string, work: Work<Answer>): Promise<Answer> {
    const { client, signal } = this;
    try {
      const options = signal === undefined ? {} : { abortSignal: signal };
      return await work(client, options);
    } catch (error) {
      signal?.throwIfAborted();
      throw asFailure(error, call, this.place);
    }
  }

  /** What is gone already is removed. */
  async #remove(call: string, work: Work<unknown>): Promise<void> {
    await this.#ask(call, async (ec2, options) => {
      try {
        await work(ec2, options);
      } catch (error) {
        if (!/NotFound$/.test(codeOf(error))) throw error;
      }
    });
  }
}

type Work<Answer> = (
  ec2: Sdk.EC2,
  options: { readonly abortSignal?: AbortSignal },
) => Promise<Answer>;

const routeOf = (table: string, destination: string, to: string) => ({
  RouteTableId: table,
  DestinationCidrBlock: destination,
  NatGatewayId: to,
});

const listed = (tags: Tags): Sdk.Tag[] =>
  Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));

const tagsOf = (tags: readonly Sdk.Tag[] = []): Tags =>
  Object.fromEntries(tags.map(({ Key = "", Value = "" }) => [Key, Value]));

function gatewayOf(told: Sdk.NatGateway): NatGateway {
  const { NatGatewayAddresses = [], FailureCode, FailureMessage } = told;
  return {
    id: told.NatGatewayId ?? "",
    state: told.State ?? "pending",
    failure: FailureMessage ?? FailureCode,
    vpc: told.VpcId ?? "",
    isPublic: told.ConnectivityType !== "private",
    addresses: NatGatewayAddresses.map((one) => ({
      allocation: one.AllocationId ?? "",
      address: one.PublicIp ?? "",
      isReady: (one.Status ?? "succeeded") === "succeeded",
      failure: one.Status === "failed" ? one.FailureMessage : undefined,
    })),
    tags: tagsOf(told.Tags),
  };
}

const tableOf = (told: Sdk.RouteTable): RouteTable => ({
  id: told.RouteTableId ?? "",
  vpc: told.VpcId ?? "",
  routes: (told.Routes ?? []).map((route) => ({
    destination:
      route.DestinationCidrBlock ??
      route.DestinationIpv6CidrBlock ??
      route.DestinationPrefixListId ??
      "",
    natGateway: route.NatGatewayId,
    isPropagated: route.Origin === "EnableVgwRoutePropagation",
  })),
  tags: tagsOf(told.Tags),
});

const addressOf = (told: Sdk.Address): Address => ({
  allocation: told.AllocationId ?? "",
  address: told.PublicIp ?? "",
  association: told.AssociationId,
});
