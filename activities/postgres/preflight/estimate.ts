/** What the copy will take, by what was measured. Pure. */

import type { PreflightFacts, Seen } from "./facts";
import type { ClusterFacts, Estimate, PreflightLimits } from "./port";

export const bytesPerMb = 1_024 * 1_024;

interface Sizes {
  readonly bytes: number;
  readonly walBytesPerS: number;
  /** A slot is reserved from the last checkpoint on: so much of WAL may lie behind it already. */
  readonly maxWalBytes: number;
}

export function estimateOf(
  { bytes, walBytesPerS, maxWalBytes }: Sizes,
  { copyBytesPerS, verifyBytesPerS, walGrowth }: PreflightLimits,
): Estimate {
  const copyMs = Math.ceil((bytes / copyBytesPerS) * 1_000);
  // Checksums, then the scratch copy, then every page and every row of it.
  const reads = 4;
  const verifyMs = Math.ceil((bytes / verifyBytesPerS) * 1_000 * reads);
  const heldS = (copyMs + verifyMs) / 1_000;
  const walHeldBytes =
    Math.ceil(walBytesPerS * heldS * walGrowth) + maxWalBytes;
  return { copyMs, verifyMs, walHeldBytes };
}

/** A cap that is smaller already stays: somebody chose it. @param setting in MB; -1: none */
export function slotCapOf(
  freeBytes: number,
  settingMb: number,
  { capShare }: Pick<PreflightLimits, "capShare">,
): number {
  const share = Math.floor(freeBytes * capShare);
  return settingMb < 0 ? share : Math.min(share, settingMb * bytesPerMb);
}

export const bytesOf = (databases: readonly { readonly bytes: number }[]) =>
  databases.reduce((sum, { bytes }) => sum + bytes, 0);

export const maxWalBytesOf = (settings: Readonly<Record<string, string>>) =>
  Number(settings["max_wal_size"] ?? 0) * bytesPerMb;

/** @returns nothing when one of them could not be measured */
export function clusterFacts(
  facts: PreflightFacts,
  limits: PreflightLimits,
): ClusterFacts | undefined {
  const identity = valueOf(facts.identity);
  const settings = valueOf(facts.settings);
  const seen = valueOf(facts.databases);
  const tablespaces = valueOf(facts.tablespaces);
  const wal = valueOf(facts.wal);
  const space = valueOf(facts.primaryHost)?.walSpace;
  if (!identity || !settings || !seen || !tablespaces || !wal || !space)
    return undefined;
  const { systemIdentifier, serverVersionNum, timeline } = identity;
  const bytes = bytesOf(seen);
  const maxWalBytes = maxWalBytesOf(settings);
  const walBytesPerS = wal.bytesPerS;
  const capMb = Number(settings["max_slot_wal_keep_size"] ?? -1);
  return {
    ...{ systemIdentifier, serverVersionNum, timeline, bytes, tablespaces },
    major: Math.floor(serverVersionNum / 10_000),
    databases: seen
      .filter(({ mayConnect, isTemplate }) => mayConnect && !isTemplate)
      .map(({ name, bytes: size }) => ({ name, bytes: size })),
    checksums: settings["data_checksums"] === "on",
    archiveMode: settings["archive_mode"] ?? "off",
    maxSlotWalKeepSize: capMb < 0 ? "-1" : `${capMb}MB`,
    walSegmentBytes: Number(settings["wal_segment_size"] ?? 0),
    ...{ walBytesPerS, walDirFreeBytes: space.freeBytes },
    slotCapBytes: slotCapOf(space.freeBytes, capMb, limits),
    estimate: estimateOf({ bytes, walBytesPerS, maxWalBytes }, limits),
  };
}

const valueOf = <T>(seen: Seen<T>): T | undefined =>
  "value" in seen ? seen.value : undefined;
