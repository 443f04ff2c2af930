import fc from "fast-check";
import type { RouteTable } from "../../../../activities/egress/aws/ec2";
import {
  changesTo,
  digestOf,
  leadOf,
  mostOnTheWay,
  unsupported,
  wantedLead,
  type Change,
} from "../../../../activities/egress/aws/routes";
import type { AwsGateway } from "../../../../activities/egress/port";

const pair = { old: "nat-old", new: "nat-new" };
const addresses = ["198.51.100.1", "198.51.100.2", "203.0.113.9", "192.0.2.1"];

const tableOf = (routes: Readonly<Record<string, string>>): RouteTable => ({
  id: "rtb-1",
  vpc: "vpc-1",
  tags: {},
  routes: Object.entries(routes).map(([destination, natGateway]) => ({
    destination,
    natGateway,
    isPropagated: false,
  })),
});

function after(table: RouteTable, changes: readonly Change[]): RouteTable {
  const routes = new Map(
    table.routes.map(({ destination, natGateway = "" }) => [
      destination,
      natGateway,
    ]),
  );
  for (const { how, destination, to } of changes) {
    // As EC2 has it: neither may a route be made twice, nor one be replaced that is not there.
    expect(routes.has(destination)).toBe(how !== "create");
    if (how === "delete") routes.delete(destination);
    else routes.set(destination, to);
  }
  return tableOf(Object.fromEntries(routes));
}

/** The longest prefix decides; here they are those of the samples. */
function wayOf(table: RouteTable, address: string): string | undefined {
  const lead = new Map(
    table.routes.map(({ destination, natGateway }) => [
      destination,
      natGateway,
    ]),
  );
  const block = address.replace(/\.\d+$/, ".0/24");
  return lead.get(`${address}/32`) ?? lead.get(block) ?? lead.get("0.0.0.0/0");
}

const some = fc.subarray(addresses);
const orders = fc.record({
  moved: some,
  stay: some,
  share: fc.constantFrom(0, 100),
});
const befores = fc.constantFrom(
  ["0.0.0.0/0"],
  ["0.0.0.0/0", "198.51.100.0/24"],
  ["0.0.0.0/0", "198.51.100.1/32"],
);

describe("the routes of an order", () => {
  it("move each destination once at most, whichever call is the last", () => {
    fc.assert(
      fc.property(befores, orders, orders, (before, first, second) => {
        const start = tableOf(
          Object.fromEntries(before.map((block) => [block, pair.old])),
        );
        const bring = (table: RouteTable, order: typeof first) =>
          changesTo(wantedLead(table, before, order, pair), table, pair);
        const from = after(start, bring(start, first));
        const changes = bring(from, second);
        const to = after(from, changes);
        for (const address of addresses) {
          const ends = [wayOf(from, address), wayOf(to, address)];
          const ways = changes.map((_, at) =>
            wayOf(after(from, changes.slice(0, at + 1)), address),
          );
          const moves = [ends[0], ...ways].filter(
            (way, at, all) => at > 0 && way !== all[at - 1],
          );
          expect(moves.length).toBe(ends[0] === ends[1] ? 0 : 1);
          const isNew =
            !second.stay.includes(address) &&
            (second.share === 100 || second.moved.includes(address));
          expect(ends[1]).toBe(isNew ? pair.new : pair.old);
        }
        expect(bring(to, second)).toEqual([]);
      }),
    );
  });

  it("are as before when nothing is moved", () => {
    fc.assert(
      fc.property(befores, orders, (before, order) => {
        const start = tableOf(
          Object.fromEntries(before.map((block) => [block, pair.old])),
        );
        const moved = after(
          start,
          changesTo(wantedLead(start, before, order, pair), start, pair),
        );
        const nothing = { moved: [], stay: [], share: 0 };
        const back = changesTo(
          wantedLead(moved, before, nothing, pair),
          moved,
          pair,
        );
        const digest = (table: RouteTable) => digestOf(leadOf(table, pair));
        expect(digest(after(moved, back))).toBe(digest(start));
      }),
    );
  });

  it("leave out what goes by another way than the gateway's", () => {
    const table = tableOf({ "0.0.0.0/0": pair.old });
    const peered = {
      ...table,
      routes: [
        ...table.routes,
        { destination: "198.51.100.0/24", isPropagated: false },
        { destination: "pl-63a5400a", isPropagated: false },
      ],
    };
    const order = { moved: addresses, stay: [], share: 0 };
    expect([...wantedLead(peered, ["0.0.0.0/0"], order, pair).keys()]).toEqual([
      "0.0.0.0/0",
      "203.0.113.9/32",
      "192.0.2.1/32",
    ]);
  });

  it("lead back also what somebody has led elsewhere meanwhile", () => {
    const table = tableOf({ "0.0.0.0/0": "nat-other" });
    const order = { moved: [], stay: [], share: 100 };
    const wanted = wantedLead(table, ["0.0.0.0/0"], order, pair);
    expect(changesTo(wanted, table, pair)).toEqual([
      { how: "replace", destination: "0.0.0.0/0", to: pair.new },
    ]);
  });

  it("are counted as they are on the way, with those that go last", () => {
    const table = tableOf({
      "10.0.0.0/16": "local",
      "0.0.0.0/0": pair.old,
      "198.51.100.1/32": pair.new,
    });
    const propagated = { destination: "10.9.0.0/16", isPropagated: true };
    const full = { ...table, routes: [...table.routes, propagated] };
    const order = { moved: ["198.51.100.2"], stay: [], share: 0 };
    const wanted = wantedLead(full, ["0.0.0.0/0"], order, pair);
    expect(mostOnTheWay(full, changesTo(wanted, full, pair))).toBe(4);
  });

  it.each([
    [0, undefined],
    [1, "a share of 1 percent"],
    [99, "a share of 99 percent"],
    [100, undefined],
  ])("exist for a share of %i or not", (share, fault) => {
    const gateway = { new: ["203.0.113.1"] } as unknown as AwsGateway;
    const order = {
      generation: 1,
      moved: [],
      stay: [],
      share,
      spread: "connection" as const,
      usable: [{ tuple: "198.51.100.1:443", addresses: ["203.0.113.1"] }],
    };
    const told = unsupported(gateway, order);
    if (fault === undefined) expect(told).toBeUndefined();
    else expect(told).toContain(fault);
  });
});
