import { controlFaults } from "../../workflows/controls/control-shape";
import { retuningOf } from "../../cli/run/retuning";
import { cli } from "./run-cli";

const nowhere = { TEMPORAL_ADDRESS: "127.0.0.1:1", USER: "ada" };

describe("what retune is told", () => {
  it("holds what was typed, in its shape, and nothing else", () => {
    const retuning = retuningOf({
      slots: "40",
      poolLimit: "25%",
      zoneLimit: "3",
      failures: "12",
      percent: "1.5",
      poolFailures: "2",
    });
    expect(retuning).toEqual({
      slots: 40,
      limits: { pool: "25%", zone: 3 },
      budget: { failures: 12, percent: 1.5, pool: { failures: 2 } },
    });
    expect(controlFaults("retune", { by: "ada", ...retuning })).toEqual([]);
    expect(retuningOf({ siteLimit: "1", jumpLimit: "2" })).toEqual({
      limits: { site: 1, jump: 2 },
    });
  });
});

describe("a wrong control is refused with all its faults before any server is asked", () => {
  it.each([
    [["retune", "id"], ["expected slots, limits or budget"]],
    [
      [
        "retune",
        "id",
        "--slots",
        "many",
        "--pool-limit",
        "0%",
        "--failures",
        "-1",
      ],
      ["slots:", "limits.pool:", "budget.failures:"],
    ],
    [["retune", "id", "--slots", "0"], ["slots: expected a whole number"]],
    [["retune", "id", "--percent", "101"], ["budget.percent"]],
    [["retune", "id", "--pool-failures", "1"], ["budget: expected failures"]],
    [["pause", "id", "--reason", "x".repeat(1_025)], ["reason: expected"]],
    [
      ["override", "id"],
      ["reason: expected", "hours: expected"],
    ],
    [["override", "id", "--reason", "x", "--hours", "25"], ["24 at most"]],
    [["override", "id", "--reason", "x", "--hours", "4h"], ["hours: expected"]],
    [
      ["decide", "i", "g", "c", "--cause", "a", "--hosts", "b"],
      ["both --cause and --hosts"],
    ],
    [
      ["hosts", "i", "--state", "fialed,odd"],
      ["did you mean failed?", "odd"],
    ],
    [["abort"], ["missing required argument 'id'"]],
  ])("%j", async (argv, faults) => {
    const { code, err } = await cli(argv, { env: nowhere });
    expect(code).toBe(2);
    for (const fault of faults) expect(err).toContain(fault);
    expect(err).toMatch(/\nhint: See: runbook (\w+ )?--help\n$/);
  });

  it.each(["pause", "resume", "abort", "rollback"])(
    "%s wants to know who says so",
    async (name) => {
      const env = { ...nowhere, USER: "" };
      const { code, err } = await cli([name, "id"], { env });
      expect(code).toBe(2);
      expect(err).toContain("--by <name>, or USER in the environment");
    },
  );
});

describe("an emergency stop", () => {
  it.each([undefined, "", "no"])(
    "asks first, and %j is a no",
    async (typed) => {
      const { code, err } = await cli(["stop", "id"], {
        env: nowhere,
        ...(typed === undefined ? {} : { typed }),
      });
      expect(code).toBe(5);
      expect(err).toContain("or pass --yes");
    },
  );

  it.each([["--yes"], []])(
    "goes on after a yes (%j)",
    async (...words) => {
      const { code } = await cli(["stop", "id", ...words], {
        env: nowhere,
        typed: "y",
      });
      expect(code).toBe(4);
    },
    20_000,
  );
});
