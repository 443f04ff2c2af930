import fc from "fast-check";
import { stageFaults, stagesOf } from "../../../runbooks/fleet-upgrade/stages";
import { check } from "../../harness/properties";
import { settings } from "./samples";

const gated = { gate: true, soakS: 60 };
const open = { gate: false, soakS: 0 };

describe("the stages", () => {
  it("are canaries, what was asked for, and the rest", () => {
    const stages = [
      { upTo: 10, ...open },
      { upTo: "25%", ...gated },
    ];
    expect(stagesOf(settings({ stages }), 3, 100)).toEqual([
      { name: "canaries", end: 3, soakMs: 0, gate: true },
      { name: "stage 2", end: 10, soakMs: 0, gate: false },
      { name: "stage 3", end: 25, soakMs: 60_000, gate: true },
      { name: "the rest", end: 100, soakMs: 0, gate: false },
    ]);
  });

  it("round a share of the fleet down", () => {
    const stages = [{ upTo: "33%" }];
    expect(stagesOf(settings({ stages }), 1, 20)[1]?.end).toBe(6);
  });

  it("leave out one without a host of its own, and ask before it what it would ask", () => {
    const stages = [{ upTo: "5%", ...gated }];
    const canary = { gate: false };
    expect(stagesOf(settings({ stages, canary }), 3, 20)).toEqual([
      { name: "canaries", end: 3, soakMs: 60_000, gate: true },
      { name: "the rest", end: 20, soakMs: 0, gate: false },
    ]);
  });

  it("end with the fleet where they are longer than it, without an empty rest", () => {
    const stages = [{ upTo: 500 }, { upTo: 900 }];
    const names = stagesOf(settings({ stages }), 1, 40).map(
      ({ name, end }) => `${name} ${end}`,
    );
    expect(names).toEqual(["canaries 1", "stage 2 40"]);
  });

  it("are the canaries alone where every pool has one host", () => {
    expect(stagesOf(settings(), 4, 4)).toEqual([
      { name: "canaries", end: 4, soakMs: 0, gate: true },
    ]);
  });

  it("grow strictly, begin with the canaries, end with the fleet and lose no gate, whatever is asked for", () => {
    const share = fc.oneof(
      fc.integer({ min: 1, max: 300 }),
      fc.integer({ min: 1, max: 100 }).map((percent) => `${percent}%`),
    );
    check(
      fc.property(
        fc.array(
          fc.record({ upTo: share, soakS: fc.nat(9), gate: fc.boolean() }),
        ),
        fc.integer({ min: 1, max: 9 }),
        fc.nat(200),
        (stages, canaries, others) => {
          const hosts = canaries + others;
          const canary = { gate: false, soakS: 1, expiresAfterH: 1 };
          const made = stagesOf({ canary, stages }, canaries, hosts);
          const ends = made.map(({ end }) => end);
          expect(ends).toEqual([...new Set(ends)].sort((a, b) => a - b));
          expect([ends[0], ends.at(-1)]).toEqual([canaries, hosts]);
          expect(made.some(({ gate }) => gate)).toBe(
            stages.some(({ gate }) => gate),
          );
          expect(Math.max(...made.map(({ soakMs }) => soakMs))).toBe(
            Math.max(1, ...stages.map(({ soakS }) => soakS)) * 1_000,
          );
        },
      ),
    );
  });

  it("are a fault where only the size of the fleet tells that they go back", () => {
    const stages = settings({ stages: [{ upTo: 50 }, { upTo: "10%" }] });
    expect(stageFaults(stages, 800)).toEqual([]);
    expect(stageFaults(stages, 300)).toEqual([
      {
        path: "stages[1].upTo",
        found: '"10%", 30 of 300 hosts',
        expected: "more than the 50 hosts where the stage before it ends",
        hint: "stages count from the first host of the run, not from the stage before",
      },
    ]);
  });
});
