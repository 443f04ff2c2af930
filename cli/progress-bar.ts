import { settledCount, standings, type StandingCounts } from "./host-standing";

/** `[######....] 60 %  24 of 40 hosts` in so many cells between the brackets. A bar is full only when all is done. */
export function progressBar(counts: StandingCounts, cells = 30): string {
  const total = totalOf(counts);
  const settled = settledCount(counts);
  const share = total === 0 ? 0 : settled / total;
  const full = Math.floor(share * cells);
  const bar = "#".repeat(full) + ".".repeat(cells - full);
  return `[${bar}] ${percentDone(counts)} %  ${settled} of ${total} hosts`;
}

/** Whole percent, rounded down: 100 means all of them. */
export function percentDone(counts: StandingCounts): number {
  const total = totalOf(counts);
  return total === 0 ? 0 : Math.floor((settledCount(counts) / total) * 100);
}

/** `24 upgraded, 3 in work, 13 waiting`; what there is none of is left out. */
export function countsText(counts: StandingCounts): string {
  return (
    standings
      .filter((standing) => counts[standing] > 0)
      .map((standing) => `${counts[standing]} ${standing}`)
      .join(", ") || "no hosts"
  );
}

function totalOf(counts: StandingCounts): number {
  return standings.reduce((sum, standing) => sum + counts[standing], 0);
}
