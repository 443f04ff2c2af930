import { slipOf } from "../../../workflows/procedure/slip";
import type { Slip } from "../../../workflows/procedure/spec";

const minMs = 60_000;
const windowEnd = 240 * minMs;
const window = { until: windowEnd, nextOpen: 1_440 * minMs };

const running = (etaMin: number | undefined, at: number, slip?: Slip) => ({
  ...({ kind: "running", attempt: 1, part: 1, workedMs: 0, since: 0 } as const),
  ...(etaMin === undefined
    ? {}
    : {
        progress: { step: "a", line: "", at, etaMs: etaMin * minMs },
      }),
  ...(slip && { slip }),
});

describe("a step under way", () => {
  it("that ends within its window is no slip", () => {
    expect(slipOf({}, running(239, 0), window, 0)).toBeUndefined();
    expect(slipOf({}, running(240, 0), window, 0)).toBeUndefined();
  });

  it("that ends after it is told of at once, with both ends", () => {
    expect(slipOf({}, running(300, 0), window, 0)).toEqual({
      ...{ was: windowEnd, now: 300 * minMs, windowEnd },
    });
  });

  it("that stops at the close ends so much later as the next window is away", () => {
    expect(slipOf({ atClose: "stop" }, running(300, 0), window, 0)).toEqual({
      ...{ was: windowEnd, now: 1_500 * minMs, windowEnd },
      goesOnAt: 1_440 * minMs,
    });
  });

  it("is not told of again for a few minutes more", () => {
    const slip = { was: windowEnd, now: 300 * minMs, windowEnd };
    expect(slipOf({}, running(310, 0, slip), window, 0)).toBeUndefined();
  });

  it("is told of again when it gets much worse, with the end that was told", () => {
    const slip = { was: windowEnd, now: 300 * minMs, windowEnd };
    expect(slipOf({}, running(400, 0, slip), window, 0)).toEqual({
      ...{ was: 300 * minMs, now: 400 * minMs, windowEnd },
    });
  });

  it("is told of once more in the next window that it misses", () => {
    const next = { until: windowEnd + 1_440 * minMs };
    const slip = { was: windowEnd, now: 300 * minMs, windowEnd };
    const now = windowEnd + 1_300 * minMs;
    const told = slipOf({}, running(500, now, slip), next, now);
    expect(told).toMatchObject({ was: 300 * minMs, windowEnd: next.until });
  });

  it("that says nothing of its end is told of a quarter of an hour before the window's", () => {
    const early = windowEnd - 16 * minMs;
    expect(slipOf({}, running(undefined, 0), window, early)).toBeUndefined();
    const late = windowEnd - 15 * minMs;
    expect(slipOf({}, running(undefined, 0), window, late)).toEqual({
      ...{ was: windowEnd, windowEnd },
    });
  });

  it("that says nothing of its end is told of once", () => {
    const slip = { was: windowEnd, windowEnd };
    const step = running(undefined, 0, slip);
    expect(slipOf({}, step, window, windowEnd - minMs)).toBeUndefined();
  });

  it("is never told of after the end that it misses, nor where no end is known", () => {
    const step = running(300, 0);
    expect(slipOf({}, step, window, windowEnd)).toBeUndefined();
    expect(slipOf({}, step, {}, 0)).toBeUndefined();
  });

  it("whose own forecast has passed ends now at the earliest", () => {
    const now = 100 * minMs;
    const step = running(10, 0);
    expect(slipOf({}, step, { until: now + 1 }, now)).toBeUndefined();
  });
});
