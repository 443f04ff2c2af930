import { nameOf } from "../run-mark";
import { undoCap } from "./cap";
import { slotError } from "./errors";
import { type OwnedPlace, withOwnedRows } from "./owned-rows";
import type { CapEnd } from "./port";
import { readSlot } from "./slot-row";

/** Said in the row: the slot belongs to its standby from now on. */
export const handedOver = { handedOver: true } as const;

/** @throws slot.lost, slot.notOurs, postgres.* */
export async function handOverSlot(
  place: OwnedPlace,
): Promise<{ readonly cap: CapEnd }> {
  const slot = nameOf(place.run);
  return withOwnedRows(place, async (rows) => {
    const [own] = await rows.mine("slot");
    if (own === undefined)
      throw slotError("notOurs", {
        seen: `no row of this run says that slot ${slot} is its own`,
        facts: { slot },
      });
    if ((await readSlot(rows.session, slot)) === undefined)
      throw slotError("lost", { seen: `slot ${slot} is not there any more` });
    await rows.note(own, handedOver);
    return { cap: await undoCap(rows) };
  });
}
