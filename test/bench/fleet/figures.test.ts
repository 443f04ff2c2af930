import { figuresOf, tableOf, type Facts } from "../../../bench/fleet/figures";

const facts: Facts = {
  hosts: 200,
  concurrency: 50,
  rounds: { ours: [6_000, 5_000, 9_000], bare: [4_000, 4_400], pdsh: [12_000] },
  coldStartMs: 1_800,
  eventsPerHost: 4.2,
  workerRssMb: 200,
  budgets: null,
  resumed: null,
  missing: { ansible: "Ansible is not installed" },
};

describe("the figures of a bench", () => {
  it("are medians, and ratios of ours to each peer", () => {
    const { medianMs, ratio } = figuresOf(facts);
    expect(medianMs).toEqual({
      ours: 6_000,
      bare: 4_200,
      pdsh: 12_000,
      ansible: null,
    });
    expect(ratio).toEqual({ bare: 1.43, pdsh: 0.5, ansible: null });
  });

  it("stand in a table that names a peer that is not there", () => {
    const lines = tableOf(facts).split("\n");
    expect(lines).toContainEqual(
      expect.stringMatching(
        /^pdsh +12\.00 s +12\.00 s to 12\.00 s +60\.0 ms +0\.50 x$/,
      ),
    );
    expect(lines).toContain("Ansible raw     not there");
  });
});
