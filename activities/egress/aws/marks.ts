import type { AwsGateway } from "../port";
import type { RouteTable, Tags } from "./ec2";

/**
 * What a move keeps in tags of the route tables, so that any worker can go on with it or take it back. A tag is no lock: see
 * `refuseLate` of steer.ts for what that leaves open.
 */
export interface Marks {
  /** Destinations that led to the old gateway before; absent when it is not provisioned. */
  readonly before?: readonly string[] | undefined;
  /** Digest of the routes of each order that was begun. */
  readonly orders: ReadonlyMap<number, string>;
  /** The new gateway: its routes are known by it also when it is gone. */
  readonly made?: string | undefined;
  /** Of the old gateway. */
  readonly state?: "retired" | "released" | undefined;
}

/** Of a new NAT gateway: the one that it takes the place of. */
export const replacesTag = "upgrade-runbooks:replaces";

/** Of EC2, for the value of a tag. */
const mostCharacters = 256;

type Name = "before" | "made" | "state" | "attempt" | `order:${number}`;

/** Two gateways may share a table: each has names of its own. */
export const tagOf = (
  { natGateway }: Pick<AwsGateway, "natGateway">,
  name: Name,
): string => `upgrade-runbooks:${natGateway}:${name}`;

export function marksOf(gateway: AwsGateway, { tags }: RouteTable): Marks {
  const prefix = tagOf(gateway, "order:0").slice(0, -1);
  const state = tags[tagOf(gateway, "state")];
  return {
    before: tags[tagOf(gateway, "before")]?.split(" "),
    orders: new Map(
      Object.entries(tags).flatMap(([name, digest]) =>
        name.startsWith(prefix)
          ? [[Number(name.slice(prefix.length)), digest] as const]
          : [],
      ),
    ),
    made: tags[tagOf(gateway, "made")],
    state: state === "retired" || state === "released" ? state : undefined,
  };
}

/** @returns undefined when a tag cannot hold them */
export function beforeTag(
  gateway: AwsGateway,
  destinations: readonly string[],
): Tags | undefined {
  const value = destinations.join(" ");
  if (value.length > mostCharacters) return undefined;
  return { [tagOf(gateway, "before")]: value };
}

/** The last order of a table; 0 without one. */
export const latestOf = ({ orders }: Marks): number =>
  Math.max(0, ...orders.keys());
