/** What a verification of a backup goes through, and words of each history without which it would be another path. */
export const verifyPaths = {
  "verify-planned": ['"mode":"plan"', '"outcome":"planned"'],
  "verify-refused": ["input.invalid", "which is no folder on the host"],
  "verify-passed": ['"recordVerification"', '"outcome":"completed"'],
  "verify-of-files": ['"levels":["V1","V2","V3"]', '"outcome":"completed"'],
  "verify-failed-aborted": ["failed-verify-files", '"outcome":"aborted"'],
  "verify-mended": [
    "failed-verify-files",
    '"generation":2',
    '"outcome":"completed"',
  ],
  "verify-scheduled-failed": ['"isScheduled":true', '"outcome":"failed"'],
} as const satisfies Record<string, readonly string[]>;

export type VerifyPath = keyof typeof verifyPaths;
