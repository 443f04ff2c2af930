import { noCounts } from "../workflows/rollout/progress";
import type { Standing } from "../workflows/rollout/words";

export { settledCount } from "../workflows/rollout/progress";
export { standings } from "../workflows/rollout/words";
export type { Standing };

/** Where one host stands, in the words of every screen. */
export interface HostStanding {
  readonly id: string;
  readonly pool: string;
  readonly standing: Standing;
}

export type StandingCounts = Readonly<Record<Standing, number>>;

export function countStandings(
  hosts: readonly Pick<HostStanding, "standing">[],
): StandingCounts {
  const counts = { ...noCounts };
  for (const { standing } of hosts) counts[standing]++;
  return counts;
}
