import type { Item } from "../workflows/rollout/state";

/** Where one host stands, in the words of every screen. */
export const standings = [
  "upgraded",
  "unchanged",
  "gone",
  "in work",
  "waiting",
  "quarantined",
  "excluded",
] as const;
export type Standing = (typeof standings)[number];

export interface HostStanding {
  readonly id: string;
  readonly pool: string;
  readonly standing: Standing;
}

export type StandingCounts = Readonly<Record<Standing, number>>;

export function standingOf(item: Item | undefined): Standing {
  switch (item?.kind) {
    case undefined:
    case "waiting":
      return "waiting";
    case "visiting":
      return "in work";
    case "finished":
      return item.result.outcome;
    case "quarantined":
      return "quarantined";
    case "excluded":
      return "excluded";
  }
}

export function countStandings(
  hosts: readonly Pick<HostStanding, "standing">[],
): StandingCounts {
  const counts: Record<Standing, number> = {
    upgraded: 0,
    unchanged: 0,
    gone: 0,
    "in work": 0,
    waiting: 0,
    quarantined: 0,
    excluded: 0,
  };
  for (const { standing } of hosts) counts[standing]++;
  return counts;
}

/** Nothing is left to do for these: finished or given up. */
export function settledCount(counts: StandingCounts): number {
  return counts.upgraded + counts.unchanged + counts.gone + counts.excluded;
}
