import { nameOf } from "../run-mark";
import { setCap } from "./cap";
import { slotError } from "./errors";
import {
  type OwnedPlace,
  type OwnedRow,
  type OwnedRows,
  withOwnedRows,
} from "./owned-rows";
import type { CreatedSlot } from "./port";
import { readSlot } from "./slot-row";
import type { SlotRow } from "./slot-level";

/**
 * The cap comes first, so that the slot never holds WAL without a limit; the owner's row comes before the slot, so that
 * a slot that a dead worker left has an owner.
 *
 * @throws slot.*, postgres.*
 */
export async function createSlot(
  place: OwnedPlace & { readonly capBytes: number },
): Promise<CreatedSlot> {
  const slot = nameOf(place.run);
  return withOwnedRows(place, async (rows) => {
    const found = await readSlot(rows.session, slot);
    const [own] = await rows.mine("slot");
    if (found !== undefined) refuseUnlessOurs(slot, found, own);
    const cap = await setCap(rows, { slot, capBytes: place.capBytes });
    const restartLsn = found?.restartLsn ?? (await create(rows, slot));
    await rows.note({ kind: "slot", name: slot }, { restartLsn });
    return { slot, restartLsn, cap };
  });
}

async function create(rows: OwnedRows, slot: string): Promise<string> {
  await rows.add("slot", slot);
  // Not pg_basebackup -C: its slot stays behind when the copy fails, and the next try stumbles over it.
  const [row] = await rows.session.query<{ lsn: string }>(
    "select lsn::text from pg_create_physical_replication_slot($1, true)",
    [slot],
  );
  return row?.lsn ?? "";
}

/** A name alone is no proof: the row says whose it is, and the LSN that it is still the same. */
function refuseUnlessOurs(
  slot: string,
  { slotType, isActive, activePid, walStatus, restartLsn }: SlotRow,
  own: OwnedRow | undefined,
): void {
  if (own === undefined || slotType !== "physical")
    throw slotError("notOurs", {
      seen: `the ${slotType} slot ${slot} is there, and no row of this run says that it made it`,
      facts: { slot },
    });
  if (isActive)
    throw slotError("inUse", {
      seen: `slot ${slot} is active for PID ${activePid} before the copy has begun`,
      facts: { slot },
    });
  const { restartLsn: noted } = own.facts;
  const isHeld = walStatus === "reserved" || walStatus === "extended";
  const isSame = noted === undefined || noted === restartLsn;
  if (!isHeld || restartLsn === undefined || !isSame)
    throw slotError("lost", {
      seen: `slot ${slot} is ${walStatus ?? "without WAL"} at ${restartLsn ?? "no LSN"}`,
      expected: `reserved at ${typeof noted === "string" ? noted : "some LSN"}`,
    });
}
