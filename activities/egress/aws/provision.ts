import { randomUUID } from "node:crypto";
import type { AwsGateway } from "../port";
import type { Ec2, NatGateway, RouteTable } from "./ec2";
import { awsError } from "./errors";
import { beforeTag, marksOf, replacesTag, tagOf } from "./marks";
import { foreignRoutes, isBlock } from "./routes";
import { readTables } from "./steer";
import { isLive, lookUntil, type Waiting } from "./waiting";

/** The gateway that was made to take the old one's place, if there is one. */
export async function findNew(
  ec2: Ec2,
  { natGateway }: AwsGateway,
): Promise<NatGateway | undefined> {
  const made = await ec2.taggedGateways(replacesTag, natGateway);
  return made.find(isLive);
}

/**
 * Keeps which routes are to come back, then makes the new gateway, or finds the one that an earlier call made, and waits until it
 * has all its addresses. No route leads there yet.
 *
 * @throws egressAws.gatewayFailed, egressAws.notReady, egressAws.refused
 */
export async function provision(waiting: Waiting): Promise<void> {
  const { ec2, gateway } = waiting;
  const attempt = await keepSnapshot(ec2, gateway);
  const made =
    (await findNew(ec2, gateway)) ??
    (await ec2.createNatGateway({
      subnet: gateway.subnet,
      allocations: gateway.allocations,
      tags: { [replacesTag]: gateway.natGateway, Name: gateway.id },
      token: attempt,
    }));
  await awaitAddresses(waiting, made.id);
  await ec2.tag(gateway.routeTables, { [tagOf(gateway, "made")]: made.id });
}

/** @returns what names this attempt: a lost answer's repetition makes no second gateway, a next attempt does */
async function keepSnapshot(ec2: Ec2, gateway: AwsGateway): Promise<string> {
  const tables = await readTables(ec2, gateway);
  for (const table of tables) {
    if (marksOf(gateway, table).before !== undefined) continue;
    await ec2.tag([table.id], snapshotOf(gateway, table));
  }
  const name = tagOf(gateway, "attempt");
  const known = tables.map(({ tags }) => tags[name]).find(Boolean);
  if (known !== undefined) return known;
  const attempt = randomUUID();
  await ec2.tag(gateway.routeTables, { [name]: attempt });
  return attempt;
}

function snapshotOf(gateway: AwsGateway, table: RouteTable) {
  const { natGateway } = gateway;
  const fault = tableFault(gateway, table);
  const tags = beforeTag(gateway, destinationsTo(table, natGateway));
  if (fault === undefined && tags !== undefined) return tags;
  throw awsError("refused", {
    seen:
      fault ??
      `more routes of ${table.id} lead to ${natGateway} than a tag can keep`,
  });
}

const destinationsTo = ({ routes }: RouteTable, natGateway: string) =>
  routes
    .filter((route) => route.natGateway === natGateway)
    .map(({ destination }) => destination)
    .filter(isBlock);

/** In words, why the old gateway's traffic cannot be moved by this table. */
export function tableFault(
  { natGateway }: AwsGateway,
  table: RouteTable,
): string | undefined {
  const [foreign] = foreignRoutes(table, natGateway);
  if (foreign !== undefined)
    return `${table.id} sends ${foreign.destination} to ${natGateway}: only blocks of IPv4 can be moved`;
  return destinationsTo(table, natGateway).includes("0.0.0.0/0")
    ? undefined
    : `the default route of ${table.id} does not lead to ${natGateway}`;
}

async function awaitAddresses(waiting: Waiting, id: string): Promise<void> {
  const { ec2, gateway } = waiting;
  let isAsked = false;
  await lookUntil(waiting, id, async (seen) => {
    if (seen === undefined || seen.state === "pending") return undefined;
    const failed = seen.addresses.find(({ failure }) => failure !== undefined);
    if (seen.state !== "available" || failed !== undefined)
      throw await gatewayFailed(waiting, seen, failed?.failure);
    const missing = gateway.allocations.filter(
      (one) => !seen.addresses.some(({ allocation }) => allocation === one),
    );
    if (missing.length > 0 && !isAsked) {
      isAsked = true;
      await ec2.associate(id, missing);
    }
    const isReady =
      missing.length === 0 && seen.addresses.every((one) => one.isReady);
    return isReady ? true : undefined;
  });
}

/** The next attempt gets another name: to the same one EC2 would answer with the gateway that failed. */
async function gatewayFailed(
  { ec2, gateway }: Waiting,
  { id, state, failure }: NatGateway,
  failedAddress: string | undefined,
) {
  await ec2.tag(gateway.routeTables, {
    [tagOf(gateway, "attempt")]: randomUUID(),
  });
  return awsError("gatewayFailed", {
    seen: `${id} is ${state}: ${failedAddress ?? failure ?? "no reason told"}`,
    expected: "available with all its addresses",
  });
}
