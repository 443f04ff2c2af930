import { sha256 } from "@noble/hashes/sha2";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils";

/**
 * Names one asking of a gate. A reset makes a run of another id, in which the same gate asks under another nonce: signals
 * that the server replays into it carry the old one, and open nothing.
 *
 * @param runId of the run that opened the gate
 * @param count how many askings there were before, in the whole chain of runs
 */
export function nonceOf(runId: string, gateId: string, count: number): string {
  const seed = JSON.stringify([runId, gateId, count]);
  return `${gateId}-${bytesToHex(sha256(utf8ToBytes(seed))).slice(0, 16)}`;
}
