import type { EgressMigrationInput } from "../../runbooks/egress-migration/contract";

export const change = { target: "lab", change: "demo" } as const;

const seconds = (count: number): number => count / 3_600;
const days = (count: number): number => count / 86_400;

/** The same for all stages but the first. */
const stage = { holdH: seconds(4), deadlineH: seconds(90) };

/** More than half of what one new address of each staging host carries, and less than half of what all of them do. */
const hotConnections = 180;

/**
 * What the operator asks for. Only a lab may have such times: a census of seconds sees no weekly cycle, and nobody waits for a
 * demonstration for months.
 */
export const inputFor = (customers: string): EgressMigrationInput => ({
  ...{ ...change, customers },
  // A customer who is to come: the census cannot have seen its port.
  needs: [{ destination: "198.51.100.3:443", connections: hotConnections }],
  census: { hours: seconds(5), everyS: 0.5, coverage: 50 },
  stress: { factor: 1.5, holdS: 2, lifeS: 60, slowestMs: 900 },
  verify: { gapH: seconds(2), readyPercent: 70 },
  stages: {
    canary: { holdH: seconds(3), deadlineH: seconds(90) },
    ...{ "ramp-10": stage, "ramp-25": stage, "ramp-50": stage },
    "ramp-100": stage,
  },
  // Connections live for milliseconds here, so that a look sees few of them at once.
  peakPercent: 30,
  pressure: { everyS: 0.5 },
  drainD: days(8),
  quarantineD: days(4),
});
