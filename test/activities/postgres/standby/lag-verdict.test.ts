import { lagVerdict } from "../../../../activities/postgres/standby/lag-verdict";
import type { LagSample } from "../../../../activities/postgres/standby/port";

const gate = { bytes: 1000, seconds: 2, samples: 3 };
const lsn = (bytes: number) => `0/${bytes.toString(16).toUpperCase()}`;

/** One sample a second: where the primary is, and how far behind the standby is. */
const samples = (
  ...lags: readonly { primary: number; behind?: number; state?: string }[]
): LagSample[] =>
  lags.map(({ primary, behind, state = "streaming" }, second) => ({
    at: second * 1_000,
    ...(behind === undefined
      ? {}
      : { state, replayLsn: lsn(primary - behind) }),
    primaryLsn: lsn(primary),
  }));

describe("a standby", () => {
  it("has caught up when its lag was within the gate for every sample asked for", () => {
    const idle = { primary: 5_000, behind: 0 };
    expect(lagVerdict(samples(idle, idle), gate)).toMatchObject({
      verdict: "behind",
      held: 2,
    });
    expect(lagVerdict(samples(idle, idle, idle), gate)).toMatchObject({
      ...{ verdict: "caught up", held: 3, bytes: 0, seconds: 0 },
    });
  });

  it("begins anew with each sample that is not within", () => {
    const near = { primary: 9_000, behind: 0 };
    const far = { primary: 9_000, behind: 5_000 };
    expect(lagVerdict(samples(near, near, near, far), gate)).toMatchObject({
      verdict: "behind",
      held: 0,
    });
    expect(lagVerdict(samples(far, near, near), gate).held).toBe(2);
  });

  it("is as old as the primary was when it stood there", () => {
    const seen = lagVerdict(
      samples(
        { primary: 1_000, behind: 0 },
        { primary: 1_400, behind: 400 },
        { primary: 1_800, behind: 800 },
        { primary: 1_900, behind: 900 },
      ),
      gate,
    );
    expect(seen).toMatchObject({ bytes: 900, seconds: 3, verdict: "behind" });
  });

  it("is not within while nobody knows how old it is", () => {
    const slow = { primary: 1_000, behind: 10 };
    const seen = lagVerdict(samples(slow, slow, slow), gate);
    expect(seen).toMatchObject({ verdict: "behind", bytes: 10, held: 0 });
    expect(seen.seconds).toBeUndefined();
    expect(seen.reason).toContain("unknown s behind");
  });

  it("is not within while it catches up, or is not connected", () => {
    const catchingUp = { primary: 1_000, behind: 0, state: "catchup" };
    expect(
      lagVerdict(samples(catchingUp, catchingUp, catchingUp), gate),
    ).toMatchObject({
      ...{ verdict: "behind", reason: "the standby is in state catchup" },
    });
    const gone = { primary: 1_000 };
    expect(lagVerdict(samples(gone, gone, gone), gate)).toMatchObject({
      ...{ verdict: "behind", reason: "the standby is not connected" },
    });
    expect(lagVerdict([], gate).verdict).toBe("behind");
  });
});
