import type { AwsGateway, Steering } from "../port";
import type { Ec2, RouteTable } from "./ec2";
import { awsError } from "./errors";
import { latestOf, marksOf, tagOf } from "./marks";
import {
  changesTo,
  digestOf,
  mostOnTheWay,
  wantedLead,
  type Change,
  type Pair,
} from "./routes";
import type { Pause } from "./waiting";

/** Routes for IPv4 of one table, unless AWS has raised the quota for an account. */
const usualQuota = 50;
/** EC2 tells what was changed a little later: so often is it looked whether all is as wanted. */
const maxRounds = 6;
/** A later order is looked for again after so many calls. */
const callsBetweenLooks = 10;

interface Scene {
  readonly ec2: Ec2;
  readonly gateway: AwsGateway;
  readonly pair: Pair;
  readonly pause: Pause;
}

type Destinations = Pick<Steering, "moved" | "stay" | "share">;

/** All route tables of the gateway. @throws egressAws.gone when one is not there */
export async function readTables(
  ec2: Ec2,
  gateway: AwsGateway,
): Promise<readonly RouteTable[]> {
  const tables = await ec2.routeTables(gateway.routeTables);
  const missing = gateway.routeTables.filter(
    (id) => !tables.some((table) => table.id === id),
  );
  if (missing.length === 0) return tables;
  throw awsError("gone", {
    seen: `EC2 of ${gateway.region} knows no route table ${missing.join(", ")}`,
    facts: { gateway: gateway.id },
  });
}

/**
 * A look and then a write, no lock: two orders may both pass. Each order writes a tag of its own name, so neither hides the
 * other, and the older one finds the later before its next ten calls: so many of its routes may come late, at most. The later
 * one looks at all routes again behind its last call, and a look tells `changed` while they are not its own.
 *
 * @throws egressAws.superseded
 */
export function refuseLate(
  tables: readonly RouteTable[],
  gateway: AwsGateway,
  generation: number,
): void {
  for (const table of tables) {
    const latest = latestOf(marksOf(gateway, table));
    if (latest <= generation) continue;
    throw awsError("superseded", {
      seen: `${table.id} is at order ${latest}`,
      expected: `none after ${generation}`,
      facts: { gateway: gateway.id },
    });
  }
}

/**
 * Brings the routes of all tables to what is wanted. Whichever call is the last one, each destination goes by the gateway of
 * before or by the wanted one; the same order again goes on with the rest.
 *
 * @throws egressAws.tooManyRoutes with nothing changed, egressAws.superseded, egressAws.notSettled
 */
export async function bringRoutes(
  scene: Scene,
  generation: number,
  order: Destinations,
): Promise<void> {
  const { ec2, gateway, pause } = scene;
  let tables = await readTables(ec2, gateway);
  refuseLate(tables, gateway, generation);
  refuseTooMany(tables, scene, order);
  for (const table of tables) {
    const digest = digestOf(wantedOf(table, scene, order));
    const name = tagOf(gateway, `order:${generation}`);
    // Before the first route: what ends half-way is told as changed, not as ours.
    await ec2.tag([table.id], { [name]: digest });
  }
  for (let round = 0; round < maxRounds; round++) {
    tables = await readTables(ec2, gateway);
    refuseLate(tables, gateway, generation);
    const left = tables.map(
      (table) => [table, changesOf(table, scene, order)] as const,
    );
    if (left.every(([, changes]) => changes.length === 0))
      return forgetOlder(tables, scene, generation);
    // The first round needs no pause: nothing was asked yet.
    if (round > 0) await pause();
    for (const [table, changes] of left)
      await apply(scene, table.id, changes, generation);
  }
  throw awsError("notSettled", {
    seen: `routes of ${gateway.routeTables.join(", ")} are not all as wanted after ${maxRounds} rounds`,
  });
}

const wantedOf = (
  table: RouteTable,
  { gateway, pair }: Scene,
  order: Destinations,
) => wantedLead(table, marksOf(gateway, table).before ?? [], order, pair);

const changesOf = (
  table: RouteTable,
  scene: Scene,
  order: Destinations,
): readonly Change[] =>
  changesTo(wantedOf(table, scene, order), table, scene.pair);

async function apply(
  { ec2, gateway }: Scene,
  table: string,
  changes: readonly Change[],
  generation: number,
): Promise<void> {
  for (const [at, { how, destination, to }] of changes.entries()) {
    if (at > 0 && at % callsBetweenLooks === 0)
      refuseLate(await readTables(ec2, gateway), gateway, generation);
    if (how === "create") await ec2.createRoute(table, destination, to);
    else if (how === "replace") await ec2.replaceRoute(table, destination, to);
    else await ec2.deleteRoute(table, destination);
  }
}

function refuseTooMany(
  tables: readonly RouteTable[],
  scene: Scene,
  order: Destinations,
): void {
  const { mostRoutes = usualQuota } = scene.gateway;
  const full = tables.flatMap((table) => {
    const most = mostOnTheWay(table, changesOf(table, scene, order));
    return most > mostRoutes ? [`${table.id} would have ${most} routes`] : [];
  });
  if (full.length === 0) return;
  throw awsError("tooManyRoutes", {
    seen: full.join(", "),
    expected: `${mostRoutes} at most`,
  });
}

/** The last one is kept: it refuses what comes late. */
async function forgetOlder(
  tables: readonly RouteTable[],
  { ec2, gateway }: Scene,
  generation: number,
): Promise<void> {
  for (const table of tables) {
    const older = [...marksOf(gateway, table).orders.keys()]
      .filter((order) => order < generation)
      .map((order) => tagOf(gateway, `order:${order}`));
    await ec2.untag([table.id], older);
  }
}
