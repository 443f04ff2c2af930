/** What `max_slot_wal_keep_size` is set to, in MB, the unit in which the server keeps it. Pure. */

const bytesPerMb = 1_024 * 1_024;
/** Other slots go on while we work: what they hold now must stay within the cap for a while. */
const roomFactor = 1.25;
const leastRoomMb = 64;

export interface CapFacts {
  /** As it holds now; -1: without a limit. */
  readonly nowMb: number;
  readonly wantedBytes: number;
  /** Most that one other slot holds. */
  readonly heldByOthersBytes: number;
}

/**
 * A cap is server-wide: it is never set below what another slot holds, and one that is smaller already stays, for somebody
 * chose it.
 *
 * @returns nothing when the cap stays as it is
 */
export function capToSet(facts: CapFacts): number | undefined {
  const { nowMb, wantedBytes, heldByOthersBytes } = facts;
  const wantedMb = Math.max(1, Math.floor(wantedBytes / bytesPerMb));
  const targetMb = Math.max(wantedMb, leastMb(heldByOthersBytes));
  return nowMb === -1 || nowMb > targetMb ? targetMb : undefined;
}

/** Least cap that leaves other slots alone, in MB. */
export function leastMb(heldByOthersBytes: number): number {
  if (heldByOthersBytes <= 0) return 0;
  const heldMb = Math.ceil(heldByOthersBytes / bytesPerMb);
  return Math.max(Math.ceil(heldMb * roomFactor), heldMb + leastRoomMb);
}

/** What the run noted of the cap when it set it. */
export interface CapNote {
  /** Effective before, in MB. */
  readonly wasMb: number;
  /** In postgresql.auto.conf before; null: nothing of ALTER SYSTEM was there. */
  readonly wasAltered: string | null;
  readonly setMb: number;
}

/**
 * What the undo does: puts it back while it is still ours; `hand on` to a run that has lowered it since, so that the one
 * that ends last restores what was there before both.
 */
export function capUndo(
  note: CapNote,
  nowMb: number,
  others: readonly CapNote[],
): "restore" | "hand on" | "keep" {
  if (others.some(({ wasMb }) => wasMb === note.setMb)) return "hand on";
  return nowMb === note.setMb ? "restore" : "keep";
}

export const mbInWords = (mb: number): string => (mb < 0 ? "-1" : `${mb}MB`);
