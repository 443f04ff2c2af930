import {
  type EgressFacts,
  proofOf,
  proofWords,
} from "../../../cli/commands/demo-egress-proof";

const from = (connections: number) => ({
  ...{ connections, requests: connections, refused: 0 },
});
const load = (
  attempted: number,
  failed: EgressFacts["loads"][0]["failed"],
) => ({
  ...{ attempted, failed, answered: {}, slow: 0 },
});
const fresh = ["203.0.113.101"];
const facts: EgressFacts = {
  loads: [load(90, { down: { timeout: 3 } }), load(10, {})],
  before: { wall: { "203.0.113.101": from(2) } },
  after: {
    shop: { "203.0.113.1": from(50), "203.0.113.101": from(40) },
    wall: { "203.0.113.1": from(5), "203.0.113.101": from(2) },
  },
  ...{ fresh, customers: 3, stayed: ["wall", "down"] },
};

describe("what the sites of the egress' demonstration prove", () => {
  it("is that no connection failed at customers who were moved, and that probes alone met the others", () => {
    expect(proofOf(facts)).toEqual({
      ...{ attempted: 100, failed: 0, customers: 3, came: 97, cameFresh: 42 },
      ...{ stayed: ["wall", "down"], failedStaying: { down: 3 } },
      calledThough: 0,
    });
    expect(proofWords(proofOf(facts))).toContain(
      "The hosts tried 100; 0 failed at the 1 customers who were moved.",
    );
  });

  it("counts what failed at a customer who was moved", () => {
    const loads = [load(90, { shop: { timeout: 2, reset: 1 } })];
    expect(proofOf({ ...facts, loads }).failed).toBe(3);
  });

  it("counts who stayed and was called from a new address though", () => {
    const after = { wall: { "203.0.113.101": from(7) } };
    expect(proofOf({ ...facts, after }).calledThough).toBe(5);
  });
});
