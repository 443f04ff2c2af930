/** What plans and reports say of levels. Pure. */

import type { ArtifactRef } from "../activities/artifacts/port";
import { levelFacts } from "../activities/postgres/verify/levels";
import type { LevelResult } from "../activities/postgres/verify/port";
import { durationInWords } from "../workflows/duration-words";

/** How fast a backup is read before anything was measured, in MiB a second: what a plain disk and one core do. */
export const readingMiBPerS = {
  "verify-files": 200,
  scratch: 100,
  "verify-scratch": 30,
} as const;

/** Each level by name, whatever it found, and where that is kept. */
export const levelLines = (
  results: readonly LevelResult[],
  record: ArtifactRef | undefined,
): string[] => [
  ...results.map(
    ({ level, verdict, measured, reason, tookMs }) =>
      `- ${level} ${levelFacts[level].title}: **${verdict}** after ${durationInWords(tookMs)}: ${measured}; ${reason}`,
  ),
  ...(record === undefined
    ? []
    : [`- record \`${record.key}\`, SHA-256 \`${record.sha256}\``]),
];
