/** What a switchover goes through, and words of each history without which it would be another path. */
export const switchPaths = {
  "switch-planned": ['"mode":"plan"', '"outcome":"planned"'],
  "switch-refused": ["input.invalid", "standby"],
  "switch-denied": ['"choice":"deny"', '"outcome":"denied"'],
  "switch-completed": ['"rejoin"', '"watchLag"', '"outcome":"completed"'],
  "switch-back-by-time-box": [
    ...['"time box"', '"cut short"'],
    '"reopenPrimary"',
    '"outcome":"went back"',
  ],
  "switch-aborted-in-the-box": ['"name":"abort"', '"outcome":"went back"'],
  "switch-taken-back": ['"demote"', '"promoteBack"', '"outcome":"went back"'],
  "switch-completed-late": ['"reopenPrimary"', '"outcome":"completed late"'],
  "switch-asked-behind-the-box": ["failed-resume", '"choice":"retry"'],
} as const satisfies Record<string, readonly string[]>;

export type SwitchPath = keyof typeof switchPaths;
