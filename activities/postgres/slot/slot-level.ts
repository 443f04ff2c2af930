/** How much danger a slot is in. Pure. */

import { bytesInWords } from "../../bytes-in-words";
import { lsnOf } from "../lsn";
import {
  type SlotLevel,
  slotLevels,
  type SlotSight,
  type SlotThresholds,
} from "./port";

/** One row of `pg_replication_slots` with the server's end of WAL. */
export interface SlotRow {
  readonly slotType: string;
  readonly isActive: boolean;
  readonly activePid?: number;
  readonly walStatus?: string;
  readonly restartLsn?: string;
  readonly currentLsn: string;
  /** Until the server may give the slot up; absent without a cap, and once it has. */
  readonly safeBytes?: number;
  /** Why the server gave it up, in its word: `wal_removed`, `idle_timeout`; since 17. */
  readonly lossReason?: string;
}

export interface SlotTerms {
  readonly slot: string;
  readonly thresholds: SlotThresholds;
  readonly capBytes: number;
  readonly needsLsn?: string | undefined;
  /** As it was last told. */
  readonly level: SlotLevel;
}

/** A level is left again only so many points below its threshold, so that it is not told over and over. */
const marginPercent = 5;

/** @param row undefined when there is no such slot */
export function slotLevel(
  row: SlotRow | undefined,
  terms: SlotTerms,
): SlotSight {
  const { slot, capBytes } = terms;
  if (row === undefined)
    return {
      ...{ level: "lost", slot, isActive: false, capBytes },
      reason: "there is no such slot on the primary",
    };
  const { isActive, walStatus, restartLsn } = row;
  const known = {
    ...{ slot, isActive, capBytes },
    ...(walStatus === undefined ? {} : { walStatus }),
    ...(restartLsn === undefined ? {} : { restartLsn }),
  };
  const loss = whyLost(row, terms);
  if (loss !== undefined) return { ...known, level: "lost", reason: loss };
  const heldBytes = Number(lsnOf(row.currentLsn) - lsnOf(restartLsn ?? ""));
  // The server's own count knows of segments and of wal_keep_size.
  const used =
    row.safeBytes === undefined ? heldBytes : capBytes - row.safeBytes;
  const usedPercent = Math.max(0, Math.round((used / capBytes) * 100));
  const figures = `holds ${bytesInWords(heldBytes)} of WAL, ${usedPercent} % of its cap of ${bytesInWords(capBytes)}`;
  if (walStatus === "unreserved")
    return {
      ...{ ...known, heldBytes, usedPercent, level: "abort" },
      reason: `${figures}; the server gives it up at its next checkpoint`,
    };
  const level = levelOf(usedPercent, terms);
  return { ...known, heldBytes, usedPercent, level, reason: figures };
}

/** Up to 15 a lost physical slot flips to "reserved" as soon as it is used, in 16 and 17 to "unreserved": only its LSN tells. */
function whyLost(
  { walStatus, restartLsn, lossReason }: SlotRow,
  { needsLsn }: SlotTerms,
): string | undefined {
  if (walStatus === "lost" || lossReason !== undefined)
    return `the server has given the slot up${lossReason === undefined ? "" : ` (${lossReason})`}`;
  if (restartLsn === undefined) return "the slot holds no WAL";
  if (needsLsn !== undefined && lsnOf(restartLsn) > lsnOf(needsLsn))
    return `the slot holds WAL from ${restartLsn} on, and ${needsLsn} is needed`;
  return undefined;
}

function levelOf(
  usedPercent: number,
  { thresholds, level }: SlotTerms,
): SlotLevel {
  const { warn, hold, abort } = thresholds;
  const at = (percent: number): SlotLevel => {
    if (percent >= abort) return "abort";
    if (percent >= hold) return "hold";
    return percent >= warn ? "warn" : "ok";
  };
  const now = at(usedPercent);
  if (slotLevels.indexOf(now) >= slotLevels.indexOf(level)) return now;
  const cautious = at(usedPercent + marginPercent);
  // It may fall by as much as is left of it once the margin is taken off.
  return slotLevels.indexOf(cautious) < slotLevels.indexOf(level)
    ? cautious
    : level;
}
