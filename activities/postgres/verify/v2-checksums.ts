import { bytesInWords } from "../../bytes-in-words";
import type { Ended } from "../port";
import type { BackupFacts } from "./facts";
import { discard, type Judged, judged, said } from "./judged";

/** V2, from `pg_verifybackup --no-parse-wal`: every file holds the bytes that were copied. */
export function judgeChecksums({ manifest }: BackupFacts, tool: Ended): Judged {
  const { files = 0, bytes = 0, algorithms = [], bare = 0 } = manifest ?? {};
  const measured = `${files - bare} checksums over ${bytesInWords(bytes)}, ${algorithms.join(", ") || "NONE"}`;
  const text = tool.stderr + tool.stdout;
  const faults = [];
  if (tool.exitCode !== 0 || !/backup successfully verified/.test(text))
    faults.push({
      reason: `pg_verifybackup ended with ${tool.exitCode}: ${said(text)}`,
      hint: discard,
    });
  // The tool says ok of files that have none.
  if (bare > 0 || files === 0)
    faults.push({
      reason: `${files === 0 ? "no file" : `${bare} files`} could be compared`,
      hint: "Take the backup with --manifest-checksums=SHA256.",
    });
  return judged(
    "V2",
    measured,
    faults,
    "every file has the checksum that was recorded as it was copied",
  );
}
