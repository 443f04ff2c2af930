import { nextLookMs } from "../../../runbooks/replica-setup/plan";

describe("a standby that is ready", () => {
  it("is looked at ever less often while nothing changes, but each quarter of an hour", () => {
    let lookMs = nextLookMs(0, true);
    const pauses = Array.from({ length: 8 }, () => {
      const pause = lookMs / 1_000;
      lookMs = nextLookMs(lookMs, false);
      return pause;
    });
    expect(pauses).toEqual([15, 30, 60, 120, 240, 480, 900, 900]);
  });

  it("is looked at again soon once something has changed", () => {
    expect(nextLookMs(900_000, true)).toBe(15_000);
  });
});
