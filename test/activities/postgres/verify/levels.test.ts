import {
  judgeGate,
  levelsOf,
} from "../../../../activities/postgres/verify/levels";
import type {
  Level,
  LevelResult,
  LevelVerdict,
  Policy,
} from "../../../../activities/postgres/verify/port";

const result = (level: Level, verdict: LevelVerdict = "pass"): LevelResult => ({
  ...{ level, verdict, measured: "", reason: "", tookMs: 1 },
});
const passed = (policy: Policy): LevelResult[] =>
  levelsOf(policy, "promotion").map((level) => result(level));

const without = (left: Level): LevelResult[] =>
  passed("full").filter(({ level }) => level !== left);

describe("a policy of levels", () => {
  it.each(["quick", "standard", "full"] as const)(
    "%s promotes nothing that was not restored and read",
    (policy) => {
      expect(levelsOf(policy, "promotion")).toEqual(
        expect.arrayContaining(["V1", "V2", "V3", "V5", "V9"]),
      );
    },
  );

  it("lets the start wait for fewer levels than the promotion", () => {
    expect(levelsOf("standard", "start")).toEqual(["V1", "V2", "V3"]);
    expect(levelsOf("full", "promotion")).toHaveLength(9);
  });

  it("opens when every level has passed", () => {
    expect(judgeGate("full", "promotion", passed("full"))).toEqual({
      ...{ open: true, missing: [], refused: [] },
    });
  });

  it("names what is missing", () => {
    const some = [result("V1"), result("V2")];
    expect(judgeGate("quick", "start", some)).toMatchObject({
      ...{ open: false, missing: ["V3"] },
    });
  });

  it("takes rows that could not be compared for no pass", () => {
    const results = [...without("V8"), result("V8", "not comparable")];
    expect(judgeGate("full", "promotion", results)).toMatchObject({
      ...{ open: false, refused: [{ level: "V8" }] },
    });
  });

  it("lets a cluster without page checksums pass where the policy says so", () => {
    const bare = result("V4", "not possible");
    const standard = [...passed("standard"), bare];
    expect(judgeGate("standard", "promotion", standard).open).toBe(true);
    const full = [...without("V4"), bare];
    expect(judgeGate("full", "promotion", full).open).toBe(false);
  });

  it("is closed by a failure of a level that it does not ask for", () => {
    const results = [...passed("quick"), result("V8", "fail")];
    expect(judgeGate("quick", "start", results).open).toBe(false);
  });

  it("takes tables that were compared by name for V8, where the whole could not be", () => {
    const whole = result("V8", "not comparable");
    const results = [whole, ...passed("full")];
    expect(judgeGate("full", "promotion", results).open).toBe(true);
    expect(judgeGate("full", "promotion", results.toReversed()).open).toBe(
      true,
    );
  });

  it("counts a failure more than any other result of its level, wherever it stands", () => {
    const failed = result("V8", "fail");
    for (const results of [
      [failed, ...passed("full")],
      [...passed("full"), failed],
    ])
      expect(judgeGate("full", "promotion", results).open).toBe(false);
  });
});
