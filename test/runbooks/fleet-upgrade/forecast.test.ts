import fc from "fast-check";
import {
  forecastMs,
  measuredTime,
} from "../../../runbooks/fleet-upgrade/forecast";
import { planFleetUpgrade } from "../../../runbooks/fleet-upgrade/plan";
import { check } from "../../harness/properties";
import { facts, hostsOf, settings } from "./samples";

type Input = Parameters<typeof settings>[0];

const planOf = (pools: Readonly<Record<string, number>>, input: Input = {}) =>
  planFleetUpgrade(settings(input), facts({ hosts: hostsOf(pools) }));
const rounds = (pools: Readonly<Record<string, number>>, input: Input = {}) =>
  forecastMs(planOf(pools, input), 1_000) / 1_000;

describe("the expected time", () => {
  it("is that of one host after the other where one is in work at once", () => {
    expect(rounds({ web: 7 }, { slots: 1 })).toBe(7);
  });

  it("begins slowly: 1, then 2, 4, 8 at once, up to the slots", () => {
    // The canary, then 2, 4, 8, 10, 10, 5 of the other 39.
    expect(rounds({ web: 40 }, { slots: 10 })).toBe(7);
    expect(rounds({ web: 40 }, { slots: 10, slowStart: false })).toBe(5);
  });

  it("contains each soak", () => {
    const canary = { soakS: 100 };
    const stages = [{ upTo: 11, soakS: 20 }];
    const input = { canary, stages, slowStart: false, slots: 10 };
    expect(rounds({ web: 31 }, input)).toBe(1 + 100 + 1 + 20 + 2);
  });

  it("is no shorter than the most limited pool takes", () => {
    const input = { slots: 50, slowStart: false, limits: { pool: 2 } };
    expect(rounds({ web: 41, db: 3 }, input)).toBe(1 + 20);
  });

  it("is never shorter with fewer slots, and never shorter than all hosts over all slots", () => {
    check(
      fc.property(
        fc.integer({ min: 1, max: 120 }),
        fc.integer({ min: 1, max: 30 }),
        fc.boolean(),
        (web, slots, slowStart) => {
          const many = rounds({ web }, { slots: slots + 1, slowStart });
          const few = rounds({ web }, { slots, slowStart });
          expect(few).toBeGreaterThanOrEqual(many);
          expect(few).toBeGreaterThanOrEqual(Math.ceil(web / slots));
        },
      ),
    );
  });

  it("comes from what the last run measured", () => {
    const stored = { hostP50Ms: 45_000, hostP95Ms: 1, at: 1, workflowId: "w" };
    expect(measuredTime(JSON.stringify(stored))).toEqual({
      hostMs: 45_000,
      measuredBy: "w",
    });
  });

  it.each([
    undefined,
    "",
    "[",
    "null",
    "{}",
    '{"hostP50Ms":0,"workflowId":"w"}',
  ])("is not known from %j", (stored) => {
    expect(measuredTime(stored)).toBeUndefined();
  });
});
