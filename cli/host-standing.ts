import type { Standing } from "../workflows/rollout/words";

export type { Standing };

/** Where one host stands, in the words of every screen. */
export const standings = [
  "upgraded",
  "unchanged",
  "rolled back",
  "gone",
  "in work",
  "waiting",
  "quarantined",
  "failed",
] as const satisfies readonly Standing[];

export interface HostStanding {
  readonly id: string;
  readonly pool: string;
  readonly standing: Standing;
}

export type StandingCounts = Readonly<Record<Standing, number>>;

export function countStandings(
  hosts: readonly Pick<HostStanding, "standing">[],
): StandingCounts {
  const counts: Record<Standing, number> = {
    upgraded: 0,
    unchanged: 0,
    "rolled back": 0,
    gone: 0,
    "in work": 0,
    waiting: 0,
    quarantined: 0,
    failed: 0,
  };
  for (const { standing } of hosts) counts[standing]++;
  return counts;
}

/** Nothing is left to do for these: finished or given up. */
export function settledCount(counts: StandingCounts): number {
  return (
    counts.upgraded +
    counts.unchanged +
    counts["rolled back"] +
    counts.gone +
    counts.failed
  );
}
