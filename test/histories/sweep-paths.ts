/** What a sweep goes through, and words of each history without which it would be another path. */
export const sweepPaths = {
  "sweep-looked": ['"mode":"look"', '"kind":"lock"', '"todo":"free"'],
  "sweep-freed": ['"mode":"free"', '"kind":"watcher"', '"isFreed":true'],
  "sweep-refused": ["input.invalid", "atOnce"],
} as const satisfies Record<string, readonly string[]>;

export type SweepPath = keyof typeof sweepPaths;
