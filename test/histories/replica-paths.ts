/** What a replica setup goes through, and words of each history without which it would be another path. */
export const replicaPaths = {
  "replica-planned": ['"mode":"plan"', '"outcome":"planned"'],
  "replica-denied": ['"choice":"deny"', '"outcome":"denied"'],
  "replica-finished": ['"handOverSlot"', '"outcome":"completed"'],
  "replica-rolled-back": ['"unpublishStandby"', '"outcome":"rolled back"'],
  "replica-copied-again": ["failed-copy", '"attempt":2', '"attemptCost"'],
  "replica-aborted": ['"name":"abort"', '"discardAttempt"'],
  "replica-refused": ["input.invalid", "primary"],
} as const satisfies Record<string, readonly string[]>;

export type ReplicaPath = keyof typeof replicaPaths;
