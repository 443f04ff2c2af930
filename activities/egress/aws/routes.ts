import { createHash } from "node:crypto";
import type { AwsGateway, Steering } from "../port";
import type { Route, RouteTable } from "./ec2";

/** Which routes an order asks for, and the calls that lead there. Pure. */

/** The two NAT gateways of one move. */
export interface Pair {
  readonly old: string;
  readonly new: string;
}

/** Where routes lead, by destination; only those to one of the two. */
export type Lead = ReadonlyMap<string, string>;

/** One call. */
export interface Change {
  readonly how: "create" | "replace" | "delete";
  readonly destination: string;
  /** A NAT gateway; empty when the route is deleted. */
  readonly to: string;
}

const single = (address: string): string => `${address}/32`;

export const isBlock = (destination: string): boolean =>
  /^\d+(\.\d+){3}\/\d+$/.test(destination);

export const leadOf = ({ routes }: RouteTable, pair: Pair): Lead =>
  new Map(
    routes.flatMap(({ destination, natGateway }) =>
      isBlock(destination) &&
      (natGateway === pair.old || natGateway === pair.new)
        ? [[destination, natGateway] as const]
        : [],
    ),
  );

/**
 * What an order makes of a table: the routes that led to the old gateway before, at a share of 100 to the new one, and a
 * /32 for each destination that differs from them.
 *
 * @param before destinations that led to the old gateway when it was provisioned
 */
export function wantedLead(
  table: RouteTable,
  before: readonly string[],
  order: Pick<Steering, "moved" | "stay" | "share">,
  pair: Pair,
): Lead {
  const all = order.share === 100 ? pair.new : pair.old;
  const lead = new Map(before.map((destination) => [destination, all]));
  const exceptions = order.share === 100 ? order.stay : order.moved;
  const stay = new Set(order.share === 100 ? [] : order.stay);
  const others = table.routes
    .filter(
      ({ natGateway }) => ![pair.old, pair.new].includes(natGateway ?? ""),
    )
    .map(({ destination }) => destination)
    .filter(isBlock);
  for (const address of exceptions)
    if (!stay.has(address) && goesThrough(address, before, others))
      lead.set(single(address), all === pair.new ? pair.old : pair.new);
  return lead;
}

/** Whether a destination left by the gateway at all: the longest prefix decides, as in the VPC's router. */
function goesThrough(
  address: string,
  before: readonly string[],
  others: readonly string[],
): boolean {
  const length = (blocks: readonly string[]): number =>
    Math.max(-1, ...blocks.map((block) => coveredBy(address, block)));
  return length(before) > length(others);
}

/** @returns the length of the prefix; -1 when the block does not hold the address */
function coveredBy(address: string, block: string): number {
  const [base = "", length = "0"] = block.split("/");
  const size = 2 ** (32 - Number(length));
  const isIn =
    Math.floor(numberOf(address) / size) === Math.floor(numberOf(base) / size);
  return isIn ? Number(length) : -1;
}

const numberOf = (address: string): number =>
  address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);

/**
 * The calls, in an order in which each destination changes its gateway once at most, whichever of them is the last: first the
 * exceptions that will hold, then what they are exceptions from, then the exceptions that hold no more.
 */
export function changesTo(
  wanted: Lead,
  table: RouteTable,
  pair: Pair,
): readonly Change[] {
  const actual = leadOf(table, pair);
  // Also a route that somebody has led elsewhere, or to a gateway that is gone.
  const known = new Set(table.routes.map(({ destination }) => destination));
  const set = [...wanted]
    .filter(([destination, to]) => actual.get(destination) !== to)
    .map(([destination, to]) => ({
      how: known.has(destination) ? ("replace" as const) : ("create" as const),
      destination,
      to,
    }))
    .sort((one, other) => lengthOf(other) - lengthOf(one));
  const removed = [...actual.keys()]
    .filter((destination) => !wanted.has(destination))
    .map((destination) => ({ how: "delete" as const, destination, to: "" }));
  return [...set, ...removed];
}

const lengthOf = ({ destination }: Change): number =>
  Number(destination.split("/")[1]);

/** Most routes of the table on the way: none is deleted before all others are there. */
export function mostOnTheWay(
  { routes }: RouteTable,
  changes: readonly Change[],
): number {
  const counted = routes.filter(
    ({ destination, isPropagated }) => isBlock(destination) && !isPropagated,
  );
  return counted.length + changes.filter(({ how }) => how === "create").length;
}

/** The same for the same routes, whatever their order. */
export const digestOf = (lead: Lead): string =>
  createHash("sha256")
    .update(
      [...lead]
        .map(([destination, to]) => `${destination} ${to}\n`)
        .sort()
        .join(""),
    )
    .digest("hex");

/** Routes through a gateway that no /32 can be an exception from: NAT64 and prefix lists. */
export const foreignRoutes = (
  { routes }: RouteTable,
  natGateway: string,
): readonly Route[] =>
  routes.filter(
    (route) => route.natGateway === natGateway && !isBlock(route.destination),
  );

/** In words, what a NAT gateway cannot do of an order; none when it can do it all. */
export function unsupported(
  { new: fresh }: AwsGateway,
  { share, usable }: Steering,
): string | undefined {
  if (share > 0 && share < 100)
    return `a share of ${share} percent: a route leads to one gateway`;
  const partly = usable.find(({ addresses }) =>
    fresh.some((address) => !addresses.includes(address)),
  );
  if (partly !== undefined)
    return `${partly.addresses.join(", ") || "no address"} alone for ${partly.tuple}: a NAT gateway takes any of its addresses`;
  return undefined;
}
