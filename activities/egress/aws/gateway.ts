import type { AwsGateway, EgressPort, GatewayLook } from "../port";
import type { ConnectEc2, RouteTable } from "./ec2";
import { awsError } from "./errors";
import { inspect } from "./inspect";
import { latestOf, marksOf } from "./marks";
import { findNew, provision } from "./provision";
import { digestOf, leadOf, unsupported } from "./routes";
import { bringRoutes, readTables, refuseLate } from "./steer";
import { bringBack, release, restore, retire } from "./undo";
import { pauseOf, type Waiting } from "./waiting";

interface Dependencies {
  readonly connect: ConnectEc2;
  /** Milliseconds of the epoch. */
  readonly now?: () => number;
  /** Between two looks at what EC2 is still doing. */
  readonly everyMs?: number;
}

/**
 * A NAT gateway of AWS that another one, with the new addresses, takes the place of by routes: docs/egress-aws.md. What it does
 * not have are weights, counters, and open connections that live through a change of their route.
 *
 * @throws egressAws.*
 */
export function createAwsGateways({
  connect,
  now = Date.now,
  everyMs = 5_000,
}: Dependencies): EgressPort<AwsGateway> {
  const at = async (
    gateway: AwsGateway,
    signal?: AbortSignal,
  ): Promise<Waiting> => ({
    ec2: await connect(gateway, signal),
    gateway,
    pause: pauseOf(everyMs, signal),
  });
  const done =
    (work: (waiting: Waiting) => Promise<void>) =>
    async (gateway: AwsGateway, signal?: AbortSignal): Promise<void> =>
      work(await at(gateway, signal));
  return {
    inspect: async (gateway, signal) =>
      inspect(await connect(gateway, signal), gateway),
    look: async (gateway, signal) => look(await at(gateway, signal), now()),
    provision: done(provision),
    steer: async (gateway, order, signal) => {
      const fault = unsupported(gateway, order);
      if (fault !== undefined) throw awsError("notSupported", { seen: fault });
      const waiting = await at(gateway, signal);
      const pair = await pairOf(waiting);
      await bringRoutes({ ...waiting, pair }, order.generation, order);
    },
    reload: async (gateway, generation, signal) =>
      reload(await at(gateway, signal), generation),
    // Routes keep the old gateway from being retired, not connections: there is nothing that it may cut.
    retire: (gateway, _how, signal) => done(retire)(gateway, signal),
    bringBack: done(bringBack),
    restore: async (gateway, generation, signal) =>
      restore(await at(gateway, signal), generation),
    release: done(release),
  };
}

/** @throws egressAws.notProvisioned when there is no snapshot, or nothing to lead to */
async function pairOf({ ec2, gateway }: Waiting) {
  const tables = await readTables(ec2, gateway);
  const bare = tables.find(
    (table) => marksOf(gateway, table).before === undefined,
  );
  const made = await findNew(ec2, gateway);
  if (bare === undefined && made?.state === "available")
    return { old: gateway.natGateway, new: made.id };
  throw awsError("notProvisioned", {
    seen:
      bare === undefined
        ? `no NAT gateway that replaces ${gateway.natGateway} is available`
        : `${bare.id} has no snapshot`,
    facts: { gateway: gateway.id },
  });
}

/** Counters are CloudWatch's, and EC2 has none: they are 0. */
async function look(
  { ec2, gateway }: Waiting,
  at: number,
): Promise<GatewayLook> {
  const tables = await readTables(ec2, gateway);
  const made = await findNew(ec2, gateway);
  const rules = rulesOf(gateway, tables, made?.id ?? "");
  const latest = tables.map((table) => latestOf(marksOf(gateway, table)));
  const has = made?.addresses.filter(({ isReady }) => isReady) ?? [];
  return {
    gateway: gateway.id,
    at,
    counters: { opened: 0, insertFailed: 0, drop: 0, earlyDrop: 0, found: 0 },
    entries: 0,
    mostEntries: 0,
    onOld: 0,
    onNew: 0,
    tuples: [],
    rules,
    generation: rules === "absent" ? 0 : Math.max(...latest),
    lacks: gateway.new.filter(
      (one) => !has.some(({ address }) => address === one),
    ),
    lacksOld: [],
  };
}

function rulesOf(
  gateway: AwsGateway,
  tables: readonly RouteTable[],
  made: string,
): GatewayLook["rules"] {
  const pair = { old: gateway.natGateway, new: made };
  const all = tables.map((table) => ({ table, ...marksOf(gateway, table) }));
  if (all.some((one) => one.before === undefined || one.orders.size === 0))
    return "absent";
  const latest = Math.max(...all.map(latestOf));
  return all.every(
    ({ table, orders }) => orders.get(latest) === digestOf(leadOf(table, pair)),
  )
    ? "ours"
    : "changed";
}

/** Routes live through every boot: there is only to see that they are what was loaded. */
async function reload(waiting: Waiting, generation: number): Promise<void> {
  const { ec2, gateway } = waiting;
  const tables = await readTables(ec2, gateway);
  refuseLate(tables, gateway, generation);
  const made = await findNew(ec2, gateway);
  if (rulesOf(gateway, tables, made?.id ?? "") === "ours") return;
  throw awsError("changedByHand", {
    seen: `routes of ${gateway.routeTables.join(", ")} are not those of order ${generation}`,
    facts: { gateway: gateway.id },
  });
}
