import fc from "fast-check";
import type { Host } from "../../../activities/inventory/port";
import { orderHosts, rankHosts } from "../../../runbooks/fleet-upgrade/order";
import { check } from "../../harness/properties";
import { hostsOf } from "./samples";

const idsOf = (hosts: readonly Host[]): string[] => hosts.map(({ id }) => id);
const poolsOf = (hosts: readonly Host[]): string[] =>
  hosts.map(({ pool }) => pool);

const anyFleet = fc
  .dictionary(
    fc.constantFrom("web", "db", "cache", "edge", "batch"),
    fc.integer({ min: 1, max: 30 }),
    { minKeys: 1 },
  )
  .map(hostsOf);
const anySeed = fc.string({ minLength: 1, maxLength: 10 });

/** The shortest way between two hosts of one pool. */
function leastGap(pools: readonly string[]): number {
  const gaps = pools.flatMap((pool, at) => {
    const before = pools.lastIndexOf(pool, at - 1);
    return at > 0 && before >= 0 ? [at - before] : [];
  });
  return Math.min(pools.length, ...gaps);
}

/** Of all orders of these pools, by trying each. */
function bestLeastGap(pools: readonly string[]): number {
  const left = new Map<string, number>();
  for (const pool of pools) left.set(pool, (left.get(pool) ?? 0) + 1);
  const canKeep = (gap: number, order: readonly string[]): boolean =>
    order.length === pools.length ||
    [...left].some(([pool, count]) => {
      if (count === 0 || order.slice(1 - gap).includes(pool)) return false;
      left.set(pool, count - 1);
      const kept = canKeep(gap, [...order, pool]);
      left.set(pool, count);
      return kept;
    });
  for (let gap = pools.length; gap > 1; gap--) if (canKeep(gap, [])) return gap;
  return 1;
}

describe("the order of hosts", () => {
  it("begins with one canary of each pool, largest pool first", () => {
    const hosts = hostsOf({ db: 2, web: 9, cache: 4 });
    expect(poolsOf(orderHosts(hosts, "s").canaries)).toEqual([
      "web",
      "cache",
      "db",
    ]);
  });

  it("takes pools of one size by their names", () => {
    const { canaries } = orderHosts(hostsOf({ web: 3, db: 3 }), "s");
    expect(poolsOf(canaries)).toEqual(["db", "web"]);
  });

  it("alternates pools of one size", () => {
    const { rest } = orderHosts(hostsOf({ web: 4, db: 4 }), "s");
    expect(poolsOf(rest)).toEqual(["db", "web", "db", "web", "db", "web"]);
  });

  it("puts what is left of a large pool at the end, once no other pool has hosts", () => {
    const { rest } = orderHosts(hostsOf({ web: 9, db: 4 }), "s");
    expect(poolsOf(rest)).toEqual([
      ...["web", "db", "web", "db", "web", "db"],
      ...["web", "web", "web", "web", "web"],
    ]);
  });

  it("spreads small pools evenly over a large one that is no larger than all of them", () => {
    const { rest } = orderHosts(hostsOf({ web: 13, db: 7, cache: 7 }), "s");
    const places = rest.flatMap(({ pool }, at) => (pool === "db" ? [at] : []));
    const gaps = places.slice(1).map((place, n) => place - (places[n] ?? 0));
    expect(new Set(gaps)).toEqual(new Set([4]));
  });

  it("holds every host once, whatever the pools and the seed", () => {
    check(
      fc.property(anyFleet, anySeed, (hosts, seed) => {
        const { canaries, rest } = orderHosts(hosts, seed);
        expect(idsOf([...canaries, ...rest]).sort()).toEqual(
          idsOf(hosts).sort(),
        );
      }),
    );
  });

  it("does not depend on the order in which an inventory lists hosts", () => {
    check(
      fc.property(
        anyFleet.chain((hosts) =>
          fc.tuple(
            fc.constant(hosts),
            fc.shuffledSubarray(hosts, { minLength: hosts.length }),
          ),
        ),
        anySeed,
        ([hosts, shuffled], seed) => {
          expect(orderHosts(shuffled, seed)).toEqual(orderHosts(hosts, seed));
        },
      ),
    );
  });

  it("has canaries of different pools, none of them smaller than the next", () => {
    check(
      fc.property(anyFleet, anySeed, (hosts, seed) => {
        const pools = poolsOf(orderHosts(hosts, seed).canaries);
        expect(new Set(pools)).toEqual(new Set(poolsOf(hosts)));
        expect(new Set(pools).size).toBe(pools.length);
        const sizes = pools.map(
          (name) => hosts.filter(({ pool }) => pool === name).length,
        );
        expect(sizes).toEqual([...sizes].sort((a, b) => b - a));
      }),
    );
  });

  it("has no two neighbours of one pool while another pool has hosts left, canaries included", () => {
    check(
      fc.property(anyFleet, anySeed, (hosts, seed) => {
        const { canaries, rest } = orderHosts(hosts, seed);
        const pools = poolsOf([...canaries, ...rest]);
        const avoidable = pools.filter(
          (pool, at) =>
            pools[at - 1] === pool &&
            pools.slice(at).some((other) => other !== pool),
        );
        expect(avoidable).toEqual([]);
      }),
    );
  });

  it("has as few neighbours of one pool as any order can have", () => {
    check(
      fc.property(anyFleet, anySeed, (hosts, seed) => {
        const pools = poolsOf(orderHosts(hosts, seed).rest);
        const sizes = [...new Set(pools)].map(
          (name) => pools.filter((pool) => pool === name).length,
        );
        const largest = Math.max(0, ...sizes);
        const least = Math.max(0, 2 * largest - pools.length - 1);
        const twins = pools.filter(
          (pool, at) => at > 0 && pools[at - 1] === pool,
        );
        expect(twins.length).toBe(least);
      }),
    );
  });

  it("keeps hosts of a pool nearly as far apart as the best of all orders does", () => {
    const smallFleet = fc
      .array(fc.integer({ min: 1, max: 4 }), { minLength: 2, maxLength: 4 })
      .filter((sizes) => sizes.reduce((sum, size) => sum + size, 0) <= 10)
      .map((sizes) =>
        hostsOf(
          Object.fromEntries(sizes.map((size, n) => [`pool-${n}`, size + 1])),
        ),
      );
    check(
      fc.property(smallFleet, anySeed, (hosts, seed) => {
        const pools = poolsOf(orderHosts(hosts, seed).rest);
        expect(leastGap(pools)).toBeGreaterThanOrEqual(bestLeastGap(pools) - 1);
      }),
      60,
    );
  });

  it("keeps the hosts of a pool in their order when others appear or vanish", () => {
    check(
      fc.property(
        anyFleet.chain((hosts) =>
          fc.tuple(fc.constant(hosts), fc.subarray(hosts, { minLength: 1 })),
        ),
        anySeed,
        ([hosts, left], seed) => {
          const leftIds = new Set(idsOf(left));
          const inPool = (all: readonly Host[], name: string): string[] => {
            const { canaries, rest } = orderHosts(all, seed);
            return idsOf(
              [...canaries, ...rest].filter(
                ({ id, pool }) => pool === name && leftIds.has(id),
              ),
            );
          };
          for (const pool of new Set(poolsOf(left)))
            expect(inPool(left, pool)).toEqual(inPool(hosts, pool));
        },
      ),
    );
  });

  it("changes the canary of a pool only when hosts of that pool appear or vanish", () => {
    const canaryOf = (hosts: readonly Host[], name: string) =>
      orderHosts(hosts, "s").canaries.find(({ pool }) => pool === name)?.id;
    const before = hostsOf({ web: 20, db: 10, cache: 5 });
    const after = before.filter(({ id }) => id !== canaryOf(before, "db"));
    expect(canaryOf(after, "db")).not.toBe(canaryOf(before, "db"));
    expect(canaryOf(after, "web")).toBe(canaryOf(before, "web"));
    expect(canaryOf(after, "cache")).toBe(canaryOf(before, "cache"));
  });

  it("is another one under another seed", () => {
    const hosts = hostsOf({ web: 40 });
    expect(idsOf(rankHosts(hosts, "a"))).not.toEqual(
      idsOf(rankHosts(hosts, "b")),
    );
  });
});
