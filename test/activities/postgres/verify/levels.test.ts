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
    const results = [...passed("full"), result("V8", "not comparable")];
    expect(judgeGate("full", "promotion", results)).toMatchObject({
      ...{ open: false, refused: [{ level: "V8" }] },
    });
  });

  it("lets a cluster without page checksums pass where the policy says so", () => {
    const bare = result("V4", "not possible");
    const standard = [...passed("standard"), bare];
    expect(judgeGate("standard", "promotion", standard).open).toBe(true);
    const full = [...passed("full"), bare];
    expect(judgeGate("full", "promotion", full).open).toBe(false);
  });

  it("is closed by a failure of a level that it does not ask for", () => {
    const results = [...passed("quick"), result("V8", "fail")];
    expect(judgeGate("quick", "start", results).open).toBe(false);
  });

  it("goes by the last result of a level that was tried again", () => {
    const again = [result("V2", "fail"), ...passed("quick")];
    expect(judgeGate("quick", "promotion", again).open).toBe(true);
    const worse = [...passed("quick"), result("V2", "fail")];
    expect(judgeGate("quick", "promotion", worse).open).toBe(false);
  });
});
