import type { AwsGateway, GatewayFacts } from "../port";
import type { Ec2, NatGateway } from "./ec2";
import { findNew, tableFault } from "./provision";
import { isLive } from "./waiting";
import { marksOf } from "./marks";

/** Of AWS, for one public NAT gateway; the quota is 2 until it is raised. */
const mostAddresses = 8;
/** A NAT gateway forgets an idle connection after so many seconds; how long it holds a closed one's port is not told. */
const idleS = 350;

/** What EC2 says of the gateway, and what keeps it from being moved; changes nothing. */
export async function inspect(
  ec2: Ec2,
  gateway: AwsGateway,
): Promise<GatewayFacts> {
  const [old] = await ec2.natGateways([gateway.natGateway]);
  const made = await findNew(ec2, gateway);
  const faults = [
    ...oldFaults(gateway, old),
    ...(await tableFaults(ec2, gateway, old)),
    ...(await addressFaults(ec2, gateway, made)),
  ];
  return {
    gateway: gateway.id,
    kernel: "NAT gateway of AWS",
    entries: 0,
    mostEntries: 0,
    portHoldS: idleS,
    faults,
  };
}

function oldFaults(
  { natGateway, region, old: addresses }: AwsGateway,
  old: NatGateway | undefined,
): readonly string[] {
  if (old === undefined || !isLive(old))
    return [`EC2 of ${region} has no NAT gateway ${natGateway} that works`];
  const lacks = addresses.filter(
    (one) => !old.addresses.some(({ address }) => address === one),
  );
  const unnamed = old.addresses.filter(
    ({ address }) => !addresses.includes(address),
  );
  return [
    ...(old.isPublic ? [] : [`${natGateway} is private: it has no addresses`]),
    ...lacks.map((one) => `${natGateway} does not have ${one}`),
    ...unnamed.map(
      ({ address }) =>
        `${natGateway} also has ${address}, which is not among the old addresses`,
    ),
  ];
}

async function tableFaults(
  ec2: Ec2,
  gateway: AwsGateway,
  old: NatGateway | undefined,
): Promise<readonly string[]> {
  const { natGateway, routeTables, region } = gateway;
  const tables = await ec2.routeTables(routeTables);
  const unnamed = (await ec2.tablesThrough(natGateway)).filter(
    ({ id }) => !routeTables.includes(id),
  );
  return [
    ...routeTables
      .filter((id) => !tables.some((table) => table.id === id))
      .map((id) => `EC2 of ${region} has no route table ${id}`),
    ...tables
      .filter(({ vpc }) => old !== undefined && vpc !== old.vpc)
      .map(({ id }) => `${id} is in another VPC than ${natGateway}`),
    // Once it is provisioned its routes are where the last order has them.
    ...tables
      .filter((table) => marksOf(gateway, table).before === undefined)
      .flatMap((table) => tableFault(gateway, table) ?? []),
    ...unnamed.map(
      ({ id }) => `${id} leads to ${natGateway}, too, and is not named`,
    ),
  ];
}

async function addressFaults(
  ec2: Ec2,
  gateway: AwsGateway,
  made: NatGateway | undefined,
): Promise<readonly string[]> {
  const { allocations, new: fresh } = gateway;
  const found = await ec2.allocations(allocations);
  const ours = new Set(made?.addresses.map(({ allocation }) => allocation));
  const told = new Set(found.map(({ address }) => address));
  return [
    ...(allocations.length > mostAddresses
      ? [`a NAT gateway has ${mostAddresses} addresses at most`]
      : []),
    ...allocations
      .filter((id) => !found.some(({ allocation }) => allocation === id))
      .map((id) => `EC2 of ${gateway.region} has no address ${id}`),
    ...found
      .filter(({ address }) => !fresh.includes(address))
      .map(
        ({ allocation, address }) =>
          `${allocation} is ${address}, which is not among the new addresses`,
      ),
    ...fresh
      .filter((address) => !told.has(address))
      .map((address) => `no allocation is named for ${address}`),
    ...found
      .filter(
        (one) => one.association !== undefined && !ours.has(one.allocation),
      )
      .map(({ address }) => `${address} is in use by something else`),
  ];
}
