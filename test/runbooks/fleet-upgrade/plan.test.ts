import fc from "fast-check";
import type { Host } from "../../../activities/inventory/port";
import {
  newcomersOf,
  planDocument,
} from "../../../runbooks/fleet-upgrade/census";
import { rankHosts } from "../../../runbooks/fleet-upgrade/order";
import {
  extendPlan,
  planFleetUpgrade,
} from "../../../runbooks/fleet-upgrade/plan";
import { check } from "../../harness/properties";
import { facts, hostsOf, settings } from "./samples";

const idsOf = (hosts: readonly Host[]): string[] => hosts.map(({ id }) => id);

const anyFleet = fc
  .dictionary(
    fc.constantFrom("web", "db", "cache", "edge", "batch"),
    fc.integer({ min: 1, max: 30 }),
    { minKeys: 1 },
  )
  .map(hostsOf);
const anySeed = fc.string({ minLength: 1, maxLength: 10 });

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
    const canary = { gate: false, expiresAfterH: 0.5, soakS: 30 };
    const deadlines = { hostS: 90, progressS: 600 };
    const limits = { pool: "25%", jump: 4 };
    expect(
      planFleetUpgrade(
        settings({ canary, slots: 3, deadlines, limits, slowStart: false }),
        facts(),
      ),
    ).toMatchObject({
      canaries: 2,
      rollout: {
        stages: [
          { name: "canaries", end: 2, soakMs: 30_000, gate: false },
          { name: "the rest", end: 6, soakMs: 0, gate: false },
        ],
        slots: 3,
        limits,
        slowStart: false,
        budget: { percent: 1 },
        gateExpiresMs: 1_800_000,
        hostDeadlineMs: 90_000,
        progressDeadlineMs: 600_000,
        census: { versions: true, waves: 3 },
      },
      undoSteps: [],
      minReadyMs: 5_000,
      readyPollMs: 1_000,
    });
  });
});

describe("an extended plan", () => {
  const plan = planFleetUpgrade(settings(), facts());

  it("has newcomers behind the hosts that it had, in their rank's order", () => {
    const newcomers = hostsOf({ cache: 20 });
    const extended = extendPlan(plan, newcomers);
    expect(extended.hosts.slice(0, plan.hosts.length)).toEqual(plan.hosts);
    expect(extended.hosts.slice(plan.hosts.length)).toEqual(
      rankHosts(newcomers, plan.seed),
    );
    expect(extended.rollout).toEqual(plan.rollout);
  });

  it("takes only hosts that the selection means and that it does not have", () => {
    const selected = planFleetUpgrade(
      settings({ hosts: { pools: ["web"], exclude: { ids: ["web-5"] } } }),
      facts({ hosts: hostsOf({ web: 4 }) }),
    );
    const now = hostsOf({ web: 7, db: 2 });
    expect(idsOf(newcomersOf(selected, now))).toEqual(["web-4", "web-6"]);
  });

  it("has none to take when everything that the selection meant is gone", () => {
    const selected = planFleetUpgrade(
      settings({ hosts: { pools: ["web"] } }),
      facts({ hosts: hostsOf({ web: 4 }) }),
    );
    expect(newcomersOf(selected, hostsOf({ db: 2 }))).toEqual([]);
  });
});
