/** What an egress migration goes through, and words of each history without which it would be another path. */
export const egressPaths = {
  "egress-planned": ['"mode":"plan"', '"outcome":"planned"'],
  "egress-refused": ["input.invalid", "needs"],
  "egress-denied": ['"choice":"deny"', '"outcome":"denied"'],
  "egress-completed": ['"releaseGateways"', '"outcome":"completed"'],
  "egress-exceptions": ["failed-exceptions", '"outcome":"rolled back"'],
  "egress-stress-again": ["failed-stress", '"choice":"retry"'],
  "egress-taken-back": ["failed-ramp-25", '"releaseGateways"'],
  "egress-rolled-back": ['"name":"rollback"', '"restoreGateways"'],
  "egress-handed-over-1": ["EXECUTION_CONTINUED_AS_NEW", "ramp-25 holds"],
  "egress-handed-over-2": ["continuedExecutionRunId", '"outcome":"completed"'],
  "egress-aborted": ['"name":"abort"', '"outcome":"aborted"'],
} as const satisfies Record<string, readonly string[]>;

export type EgressPath = keyof typeof egressPaths;
