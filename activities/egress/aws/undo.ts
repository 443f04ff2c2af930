import type { AwsGateway } from "../port";
import type { RouteTable } from "./ec2";
import { awsError } from "./errors";
import { marksOf, tagOf } from "./marks";
import { findNew } from "./provision";
import { bringRoutes, readTables, refuseLate } from "./steer";
import { deleteGateway, isLive, type Waiting } from "./waiting";

/**
 * Routes first, then the new gateway, then the marks: what ends half-way is gone on with by the same call. The last order's mark
 * stays, and refuses what comes late.
 *
 * @throws egressAws.gone with nothing changed when the old gateway is not there, egressAws.superseded
 */
export async function restore(
  waiting: Waiting,
  generation: number,
): Promise<void> {
  const { ec2, gateway } = waiting;
  refuseLate(await readTables(ec2, gateway), gateway, generation);
  await refuseGone(waiting);
  const made = await findNew(ec2, gateway);
  const provisioned = (await readTables(ec2, gateway)).filter(
    (table) => marksOf(gateway, table).before !== undefined,
  );
  const known = provisioned.map((table) => marksOf(gateway, table).made);
  const fresh = made?.id ?? known.find(Boolean) ?? "none";
  const pair = { old: gateway.natGateway, new: fresh };
  // A table whose marks are gone is restored already: without its snapshot all of its routes would be taken off.
  const rest = { ...gateway, routeTables: provisioned.map(({ id }) => id) };
  const nothing = { moved: [], stay: [], share: 0 };
  if (provisioned.length > 0)
    await bringRoutes({ ...waiting, gateway: rest, pair }, generation, nothing);
  if (made !== undefined) await deleteGateway(waiting, made.id);
  const names = (["before", "made", "attempt", "state"] as const).map((name) =>
    tagOf(gateway, name),
  );
  await ec2.untag(gateway.routeTables, names);
}

/**
 * Nothing leads to the old gateway any more; it stays, with its addresses, silent, until it is released.
 *
 * @throws egressAws.stillUsed
 */
export async function retire(waiting: Waiting): Promise<void> {
  const { ec2, gateway } = waiting;
  const tables = await readTables(ec2, gateway);
  if (isReleased(tables, gateway)) return;
  await refuseUsed(waiting);
  await ec2.tag(gateway.routeTables, { [tagOf(gateway, "state")]: "retired" });
}

/** @throws egressAws.gone */
export async function bringBack(waiting: Waiting): Promise<void> {
  const { ec2, gateway } = waiting;
  await refuseGone(waiting);
  await ec2.untag(gateway.routeTables, [tagOf(gateway, "state")]);
}

/**
 * Deletes the old gateway and gives its addresses back to AWS: from here nothing comes back.
 *
 * @throws egressAws.notRetired, egressAws.stillUsed, egressAws.refused when an address is on something else by now
 */
export async function release(waiting: Waiting): Promise<void> {
  const { ec2, gateway } = waiting;
  const tables = await readTables(ec2, gateway);
  if (isReleased(tables, gateway)) return;
  const isRetired = ({ state }: ReturnType<typeof marksOf>): boolean =>
    state !== undefined;
  if (!tables.every((table) => isRetired(marksOf(gateway, table))))
    throw awsError("notRetired", {
      seen: `${gateway.natGateway} is not retired`,
      facts: { gateway: gateway.id },
    });
  await refuseUsed(waiting);
  await deleteGateway(waiting, gateway.natGateway);
  for (const { allocation, address, association } of await ec2.addresses(
    gateway.old,
  )) {
    if (association !== undefined)
      throw awsError("refused", {
        seen: `${address} is in use by something else; it was not released`,
      });
    await ec2.release(allocation);
  }
  await ec2.tag(gateway.routeTables, { [tagOf(gateway, "state")]: "released" });
}

const isReleased = (
  tables: readonly RouteTable[],
  gateway: AwsGateway,
): boolean =>
  tables.every((table) => marksOf(gateway, table).state === "released");

/** Of any table of the account, also of one that nobody named. */
async function refuseUsed({ ec2, gateway }: Waiting): Promise<void> {
  const used = await ec2.tablesThrough(gateway.natGateway);
  if (used.length === 0) return;
  const routes = used.flatMap((table) =>
    table.routes
      .filter(({ natGateway }) => natGateway === gateway.natGateway)
      .map(({ destination }) => `${destination} of ${table.id}`),
  );
  const more = routes.length > 5 ? ` and ${routes.length - 5} more` : "";
  throw awsError("stillUsed", {
    seen: `${routes.slice(0, 5).join(", ")}${more} lead to ${gateway.natGateway}`,
    expected: "no route there",
  });
}

async function refuseGone({ ec2, gateway }: Waiting): Promise<void> {
  const [old] = await ec2.natGateways([gateway.natGateway]);
  if (old !== undefined && isLive(old)) return;
  throw awsError("gone", {
    seen: `${gateway.natGateway} is ${old?.state ?? "not known to EC2 any more"}`,
    facts: { gateway: gateway.id },
  });
}
