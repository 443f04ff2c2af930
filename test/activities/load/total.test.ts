import type { StormFigures, StormReport } from "../../../activities/load/port";
import { totalOf } from "../../../activities/load/total";

const bucketOf = (ms: number): number =>
  Math.floor(Math.log(ms / 0.01) / Math.log(1.05));

function reportOf(
  times: readonly number[],
  more: Partial<StormFigures> = {},
): StormReport {
  const counts = new Map<number, number>();
  for (const ms of times)
    counts.set(bucketOf(ms), (counts.get(bucketOf(ms)) ?? 0) + 1);
  const slow = times.filter((ms) => ms > 900).length;
  return {
    host: "app-1",
    total: {
      ...{ tried: times.length, failed: {}, peak: times.length, heldS: 60 },
      ...{ p50Ms: 0, p99Ms: 0, p999Ms: 0 },
      slowShare: times.length === 0 ? 0 : slow / times.length,
      ...more,
    },
    destinations: [],
    opening: [...counts],
  };
}

const times = (count: number, ms: number): readonly number[] =>
  Array.from({ length: count }, () => ms);

test("takes percentiles of all connections, not of hosts' percentiles", () => {
  const quick = reportOf(times(990, 1));
  const slow = reportOf(times(10, 1_000));
  const { p50Ms, p99Ms, p999Ms, slowShare } = totalOf([quick, slow]);
  expect(p50Ms / 1).toBeCloseTo(1, 1);
  expect(p99Ms / 1).toBeCloseTo(1, 1);
  expect(p999Ms / 1_000).toBeCloseTo(1, 1);
  expect(slowShare).toBeCloseTo(0.01, 6);
});

test.each([0.02, 0.7, 3, 48, 910, 4_999])(
  "is at most 2.5 percent off at %p ms",
  (ms) => {
    const { p50Ms } = totalOf([reportOf([ms])]);
    expect(Math.abs(p50Ms - ms) / ms).toBeLessThan(0.0251);
  },
);

test("adds up tries, peaks and failures by class", () => {
  const one = reportOf(times(3, 1), { failed: { timeout: 2, reset: 1 } });
  const other = reportOf(times(4, 1), { failed: { timeout: 3 } });
  expect(totalOf([one, other])).toMatchObject({
    ...{ tried: 7, peak: 7 },
    failed: { timeout: 5, reset: 1 },
  });
});

test("held as long as the host that held least", () => {
  const [one, other] = [{ heldS: 60 }, { heldS: 12.5 }];
  const held = totalOf([reportOf([1], one), reportOf([1], other)]).heldS;
  expect(held).toBe(12.5);
});

test("is all zeros where nothing opened, and where nobody ran", () => {
  const nothing = { p50Ms: 0, p99Ms: 0, p999Ms: 0, slowShare: 0 };
  expect(totalOf([reportOf([])])).toMatchObject(nothing);
  expect(totalOf([])).toMatchObject({ ...nothing, tried: 0, heldS: 0 });
});
