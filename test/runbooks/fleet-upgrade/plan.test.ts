import fc from "fast-check";
import type { Host } from "../../../activities/inventory/port";
import { planDocument } from "../../../runbooks/fleet-upgrade/activities";
import {
  allowedFailures,
  orderHosts,
  planFleetUpgrade,
  rankHosts,
  visitSteps,
  visitTimeoutMs,
} from "../../../runbooks/fleet-upgrade/plan";
import { hostContractSchema } from "../../../activities/host/port";
import { check } from "../../harness/properties";
import { contract, facts, hostsOf, settings } from "./samples";

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

  it("spreads a small pool evenly over a large one, so that few of it are in work at once", () => {
    const { rest } = orderHosts(hostsOf({ web: 31, db: 4 }), "s");
    const places = rest.flatMap(({ pool }, at) => (pool === "db" ? [at] : []));
    expect(places).toEqual([5, 16, 27]);
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

  it("has no two neighbours of one pool, unless more hosts of it are left than of all others together", () => {
    check(
      fc.property(anyFleet, anySeed, (hosts, seed) => {
        const pools = poolsOf(orderHosts(hosts, seed).rest);
        const avoidable = pools.filter((pool, at) => {
          if (pools[at - 1] !== pool) return false;
          const left = pools.slice(at);
          const own = left.filter((other) => other === pool).length;
          return 2 * own <= left.length;
        });
        expect(avoidable).toEqual([]);
      }),
    );
  });

  it("has no two neighbours of one pool at all where none is larger than all others together", () => {
    check(
      fc.property(anyFleet, anySeed, (hosts, seed) => {
        const pools = poolsOf(orderHosts(hosts, seed).rest);
        const sizes = [...new Set(pools)].map(
          (name) => pools.filter((pool) => pool === name).length,
        );
        fc.pre(2 * Math.max(0, ...sizes) <= pools.length + 1);
        const twins = pools.filter(
          (pool, at) => at > 0 && pools[at - 1] === pool,
        );
        expect(twins).toEqual([]);
      }),
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

describe("the budget", () => {
  it.each([
    [{ percent: 1 }, 200, 2],
    [{ percent: 1 }, 199, 1],
    [{ percent: 1 }, 99, 0],
    [{ percent: 0 }, 500, 0],
    [{ percent: 100 }, 7, 7],
    [{ percent: 2.5 }, 200, 5],
    // Products that a machine gets a little wrong.
    [{ percent: 29 }, 100, 29],
    [{ percent: 4.6 }, 1_500, 69],
    [{ percent: 57 }, 100, 57],
    [{ failures: 3 }, 200, 3],
    [{ failures: 500 }, 200, 200],
    [{ failures: 3, percent: 1 }, 200, 2],
    [{ failures: 1, percent: 10 }, 200, 1],
  ])("of %j over %i hosts allows %i failures", (budget, hosts, allowed) => {
    expect(allowedFailures(budget, hosts)).toBe(allowed);
  });
});

describe("the steps of a visit", () => {
  const namesOf = (over: object, action: "upgrade" | "restart" = "upgrade") =>
    visitSteps(
      hostContractSchema.parse({ ...contract, ...over }),
      action === "restart"
        ? settings({ action, version: undefined })
        : settings(),
    ).map(({ name }) => name);

  it("follow the host contract", () => {
    expect(namesOf({})).toEqual([
      ...["precheck", "drain", "fetch", "apply"],
      ...["restart", "ready", "version", "undrain"],
    ]);
  });

  it("have the component's own ones in their places, in the order written", () => {
    const extra = [
      { name: "warm", after: "restart", run: ["app", "warm"] },
      { name: "migrate", after: "apply", run: ["app", "migrate"] },
      { name: "notify", after: "apply", script: "app notify" },
    ];
    expect(namesOf({ extra })).toEqual([
      ...["precheck", "drain", "fetch", "apply", "migrate", "notify"],
      ...["restart", "warm", "ready", "version", "undrain"],
    ]);
  });

  it("keep an own step behind a step that the contract leaves out", () => {
    const { apply, version } = contract.steps;
    const extra = [{ name: "stop", after: "drain", run: ["app", "stop"] }];
    expect(namesOf({ steps: { apply, version }, extra })).toEqual([
      ...["stop", "apply", "version"],
    ]);
  });

  it("leave out what brings a new version when the action is restart", () => {
    const extra = [
      { name: "migrate", after: "apply", run: ["app", "migrate"] },
      { name: "warm", after: "restart", run: ["app", "warm"] },
    ];
    expect(namesOf({ extra }, "restart")).toEqual([
      ...["precheck", "drain", "restart", "warm"],
      ...["ready", "version", "undrain"],
    ]);
  });

  it("only look in precheck, ready and version, and are jobs elsewhere", () => {
    const reads = visitSteps(contract, settings())
      .filter(({ kind }) => kind === "read")
      .map(({ name }) => name);
    expect(reads).toEqual(["precheck", "ready", "version"]);
  });

  it("have the plan's words filled in, word by word, and leave the host's to the visit", () => {
    const filled = hostContractSchema.parse({
      steps: {
        apply: {
          run: [
            "app",
            "{{ version }}",
            "{{component}}-{{target}}",
            "{{host.id}}",
          ],
          env: { CHANGE: "{{change}}", FORMAT: "{{.State.Status}}" },
        },
        version: contract.steps.version,
      },
    });
    expect(visitSteps(filled, settings())[0]).toMatchObject({
      run: ["app", "2.4.1", "app-prod", "{{host.id}}"],
      env: { CHANGE: "CHG-1", FORMAT: "{{.State.Status}}" },
    });
  });

  it("have limits of their own, or those of their kind", () => {
    const limits = visitSteps(contract, settings()).map(
      ({ name, timeoutMs }) => [name, timeoutMs / 1_000],
    );
    expect(Object.fromEntries(limits)).toEqual({
      ...{ precheck: 60, drain: 3_600, fetch: 3_600, apply: 900 },
      ...{ restart: 3_600, ready: 300, version: 60, undrain: 3_600 },
    });
  });

  it("fit into the time limit of the visit, the wait for ready included", () => {
    const plan = planFleetUpgrade(settings(), facts());
    const sum = plan.steps.reduce((ms, { timeoutMs }) => ms + timeoutMs, 0);
    expect(visitTimeoutMs(plan)).toBeGreaterThan(sum + plan.minReadyMs);
  });
});

describe("a plan", () => {
  it("is the same to the byte for the same facts and the same seed", () => {
    check(
      fc.property(anyFleet, anySeed, (hosts, seed) => {
        const document = (): string =>
          planDocument(
            planFleetUpgrade(settings({ seed }), facts({ hosts: [...hosts] })),
          );
        expect(document()).toBe(document());
      }),
      30,
    );
  });

  it("takes the target's name for its seed, so that a rollback meets hosts in the same order", () => {
    const up = planFleetUpgrade(settings(), facts());
    const down = planFleetUpgrade(
      settings({ version: "2.4.0", change: "CHG-2" }),
      facts(),
    );
    expect(up.seed).toBe("prod");
    expect(idsOf(down.hosts)).toEqual(idsOf(up.hosts));
  });

  it("holds what the run needs in numbers, units in their names", () => {
    const canary = { gate: false, expiresAfterH: 0.5 };
    expect(
      planFleetUpgrade(settings({ canary, slots: 3 }), facts()),
    ).toMatchObject({
      canaries: 2,
      slots: 3,
      allowedFailures: 0,
      canaryGate: false,
      gateExpiresMs: 1_800_000,
      minReadyMs: 5_000,
      readyPollMs: 1_000,
    });
  });
});
