import type { PostgresServer } from "../port";
import { nameOf } from "../run-mark";
import { undoCap, undoCopiedCap } from "./cap";
import { slotError } from "./errors";
import {
  type OwnedPlace,
  removeTablesIfEmpty,
  withOwnedRows,
} from "./owned-rows";
import type { CapEnd } from "./port";
import { readSlot } from "./slot-row";

/** Said in the row: the slot belongs to its standby from now on. */
const handedOver = { handedOver: true } as const;

export interface SlotHandOver extends OwnedPlace {
  readonly standby?: PostgresServer | undefined;
  readonly isSwitched?: boolean | undefined;
}

/** @throws slot.lost, slot.notOurs, postgres.* */
export async function handOverSlot(
  place: SlotHandOver,
): Promise<{ readonly cap: CapEnd }> {
  const slot = nameOf(place.run);
  return withOwnedRows(place, async (rows) => {
    const [own] = await rows.mine("slot");
    const isThere = (await readSlot(rows.session, slot)) !== undefined;
    // The rows came with the copy, the slot did not: whoever follows now has another one.
    if (place.isSwitched === true && !isThere) await rows.remove("slot", slot);
    else if (own === undefined)
      throw slotError("notOurs", {
        seen: `no row of this run says that slot ${slot} is its own`,
        facts: { slot },
      });
    else if (isThere) await rows.note(own, handedOver);
    else
      throw slotError("lost", { seen: `slot ${slot} is not there any more` });
    if (place.standby !== undefined)
      await undoCopiedCap(rows, place.standby, place.sql);
    // Commits wait for the standby by its DBA's wish from now on, or wait for nobody on the new primary.
    await rows.remove("synchronous", "synchronous_standby_names");
    const cap = await undoCap(rows);
    await removeTablesIfEmpty(rows.session);
    return { cap };
  });
}
