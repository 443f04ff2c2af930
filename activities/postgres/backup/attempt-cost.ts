import { bytesInWords } from "../../bytes-in-words";
import type { AttemptCost, AttemptSight, CopyFacts } from "./port";

const leastMs = 1_000;

/**
 * What it costs to begin an interrupted copy anew.
 *
 * @param reached what the attempt had told last; pg_basebackup removes what it had copied when it fails by itself
 */
export function costOf(
  sight: Pick<AttemptSight, "bytes" | "tookMs"> | undefined,
  { bytes }: Pick<CopyFacts, "bytes">,
  reached?: { readonly bytes: number; readonly tookMs: number },
): AttemptCost {
  const best = [sight, reached].reduce<Pick<AttemptSight, "bytes" | "tookMs">>(
    (most, one) => (one !== undefined && one.bytes > most.bytes ? one : most),
    { bytes: 0, tookMs: 0 },
  );
  const { bytes: lostBytes, tookMs } = best;
  const lost =
    lostBytes === 0 ? "" : `, ${bytesInWords(lostBytes)} of it once more`;
  const copies = `a new attempt copies ${bytesInWords(bytes)}${lost}`;
  if (lostBytes === 0 || tookMs < leastMs)
    return { lostBytes, bytes, line: `${copies}; nobody knows how fast` };
  const expectedMs = Math.round((bytes / lostBytes) * tookMs);
  const rate = bytesInWords((lostBytes / tookMs) * 1_000);
  const minutes = Math.max(1, Math.round(expectedMs / 60_000));
  const line = `${copies}; about ${minutes} min at ${rate}/s, as before`;
  return { lostBytes, bytes, expectedMs, line };
}
