import { EC2 } from "@aws-sdk/client-ec2";
import { createEc2Connections } from "../../../../activities/egress/aws/client";
import type { ConnectEc2, Ec2 } from "../../../../activities/egress/aws/ec2";
import { createAwsGateways } from "../../../../activities/egress/aws/gateway";
import type { AwsGateway, Steering } from "../../../../activities/egress/port";
import { startMoto } from "../../../harness/moto";

const region = "eu-central-1";

export const order = (changes: Partial<Steering>): Steering => ({
  generation: 1,
  moved: [],
  stay: [],
  share: 0,
  spread: "connection",
  usable: [],
  ...changes,
});

/** An account of AWS, as moto plays it, and the SDK by which its owner works in it. */
export async function openAccount() {
  // moto takes any; without them the SDK would look for a machine's role.
  process.env["AWS_ACCESS_KEY_ID"] = "test";
  process.env["AWS_SECRET_ACCESS_KEY"] = "test";
  const { endpoint, stop } = await startMoto();
  const owner = new EC2({ region, endpoint });
  const connections = createEc2Connections();
  const egressBy = (connect: ConnectEc2) =>
    createAwsGateways({ connect, now: () => 1_000, everyMs: 20 });
  return {
    owner,
    egress: egressBy(connections.connect),
    /** The same over an EC2 that does what the test wants at some of its calls. */
    egressOver: (disturb: (ec2: Ec2) => Ec2) =>
      egressBy(async (...asked) =>
        disturb(await connections.connect(...asked)),
      ),
    estate: (tables?: number) => buildEstate(owner, endpoint, tables),
    close: async () => {
      connections.close();
      owner.destroy();
      await stop();
    },
  };
}

/** The same EC2, but for these of its calls. */
export function but(ec2: Ec2, calls: Partial<Ec2>): Ec2 {
  const known: Readonly<Partial<Record<PropertyKey, unknown>>> = calls;
  return new Proxy(ec2, {
    get: (target, name) => {
      const call: unknown = known[name] ?? Reflect.get(target, name);
      return typeof call === "function" ? (call.bind(target) as unknown) : call;
    },
  });
}

export type Account = Awaited<ReturnType<typeof openAccount>>;

export async function allocate(owner: EC2) {
  const { AllocationId = "", PublicIp = "" } = await owner.allocateAddress({
    Domain: "vpc",
  });
  return { id: AllocationId, address: PublicIp };
}

/** A VPC whose private subnets go out by one NAT gateway, and two addresses that are on nothing yet. */
async function buildEstate(owner: EC2, endpoint: string, count = 1) {
  const { Vpc } = await owner.createVpc({ CidrBlock: "10.20.0.0/16" });
  const VpcId = Vpc?.VpcId;
  const { Subnet } = await owner.createSubnet({
    VpcId,
    CidrBlock: "10.20.1.0/24",
  });
  const first = await allocate(owner);
  const { NatGateway } = await owner.createNatGateway({
    SubnetId: Subnet?.SubnetId,
    AllocationId: first.id,
  });
  const natGateway = NatGateway?.NatGatewayId ?? "";
  const tables: string[] = [];
  for (let table = 0; table < count; table++)
    tables.push(await buildTable(owner, VpcId, natGateway));
  const fresh = [await allocate(owner), await allocate(owner)];
  await owner.createTags({
    Resources: [natGateway],
    Tags: [{ Key: "Name", Value: "nat-1" }],
  });
  const gateway: AwsGateway = {
    id: "nat-1",
    kind: "aws",
    region,
    endpoint,
    natGateway,
    subnet: Subnet?.SubnetId ?? "",
    allocations: fresh.map(({ id }) => id),
    routeTables: tables,
    old: [first.address],
    new: fresh.map(({ address }) => address),
    ports: { from: 1_024, to: 65_535 },
  };
  return gateway;
}

async function buildTable(owner: EC2, VpcId: string | undefined, to: string) {
  const { RouteTable } = await owner.createRouteTable({ VpcId });
  const id = RouteTable?.RouteTableId ?? "";
  await owner.createRoute({
    RouteTableId: id,
    DestinationCidrBlock: "0.0.0.0/0",
    NatGatewayId: to,
  });
  return id;
}

/** Routes of a table that lead to a NAT gateway, by destination. */
export async function routesOf(
  owner: EC2,
  table: string,
): Promise<Readonly<Record<string, string>>> {
  const { RouteTables = [] } = await owner.describeRouteTables({
    RouteTableIds: [table],
  });
  return Object.fromEntries(
    (RouteTables[0]?.Routes ?? []).flatMap((route) =>
      route.NatGatewayId === undefined
        ? []
        : [[route.DestinationCidrBlock ?? "", route.NatGatewayId]],
    ),
  );
}

/** Gateways that were made to take a gateway's place, those that have ended included. */
export async function madeFor(owner: EC2, { natGateway }: AwsGateway) {
  const { NatGateways = [] } = await owner.describeNatGateways({});
  return NatGateways.filter(({ Tags = [] }) =>
    Tags.some(
      ({ Key, Value }) =>
        Key === "upgrade-runbooks:replaces" && Value === natGateway,
    ),
  );
}

/** The one of them that works. */
export async function madeOf(owner: EC2, gateway: AwsGateway) {
  const made = await madeFor(owner, gateway);
  const live = made.find(({ State }) => State === "available");
  return live?.NatGatewayId ?? "none";
}
