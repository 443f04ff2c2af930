import type { ConnectFailure, StormFigures, StormReport } from "./port";

/** Pure, so that workflow code may import it. */

/** Bucket n holds times from `firstMs * growth ** n` to the next one's; the storm's program counts in the same way. */
const firstMs = 0.01;
const growth = 1.05;

/**
 * Of hosts that ran at once. Percentiles are those of all connections together. Peaks add up, though they may not have been
 * of the same moment; held counts as long as the host that held least.
 */
export function totalOf(reports: readonly StormReport[]): StormFigures {
  const totals = reports.map(({ total }) => total);
  const opening = merged(reports);
  const opened = countOf(opening);
  const slow = reports.reduce(
    (sum, report) => sum + report.total.slowShare * countOf(report.opening),
    0,
  );
  return {
    tried: sumOf(totals.map(({ tried }) => tried)),
    failed: failuresOf(totals),
    peak: sumOf(totals.map(({ peak }) => peak)),
    heldS: totals.length === 0 ? 0 : Math.min(...totals.map((t) => t.heldS)),
    p50Ms: percentile(opening, 0.5),
    p99Ms: percentile(opening, 0.99),
    p999Ms: percentile(opening, 0.999),
    slowShare: opened === 0 ? 0 : slow / opened,
  };
}

type Opening = StormReport["opening"];

function merged(reports: readonly StormReport[]): Opening {
  const counts = new Map<number, number>();
  for (const [bucket, count] of reports.flatMap(({ opening }) => opening))
    counts.set(bucket, (counts.get(bucket) ?? 0) + count);
  return [...counts].sort(([a], [b]) => a - b);
}

/** The middle of the bucket in which it lies; 0 where nothing opened. */
function percentile(opening: Opening, share: number): number {
  const wanted = Math.ceil(countOf(opening) * share);
  let seen = 0;
  for (const [bucket, count] of opening) {
    seen += count;
    if (seen >= wanted) return rounded(firstMs * growth ** (bucket + 0.5));
  }
  return 0;
}

function failuresOf(totals: readonly StormFigures[]): StormFigures["failed"] {
  const failed: Partial<Record<ConnectFailure, number>> = {};
  for (const total of totals)
    for (const [name, count] of Object.entries(total.failed) as [
      ConnectFailure,
      number,
    ][])
      failed[name] = (failed[name] ?? 0) + count;
  return failed;
}

const sumOf = (numbers: readonly number[]): number =>
  numbers.reduce((sum, n) => sum + n, 0);

const countOf = (opening: Opening): number =>
  sumOf(opening.map(([, count]) => count));

const rounded = (ms: number): number => Math.round(ms * 1_000) / 1_000;
