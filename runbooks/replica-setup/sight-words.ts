/** A look at a standby that waits for a decision, in words. Pure. */

import { bytesInWords } from "../../activities/bytes-in-words";
import type { StandbySight } from "../../activities/postgres/standby/port";
import type { Finding } from "../../workflows/procedure/spec";

/** Faults are news; how far it is behind is not. */
export function findingOf(sight: StandbySight): Finding {
  const { slot, drift } = sight;
  const faults = [
    ...(slot.standing === "streaming" ? [] : [`its slot is ${slot.standing}`]),
    ...drift,
  ];
  const figures = figuresOf(sight);
  return faults.length === 0
    ? { level: "ok", text: "streams", figures }
    : { level: "note", text: faults.join("; "), figures };
}

function figuresOf(sight: StandbySight): string {
  const { lagBytes, lagSeconds, freeBytes } = sight;
  const { heldBytes, safeBytes } = sight.slot;
  const bytes = (of: number | undefined): string =>
    of === undefined ? "unknown bytes" : bytesInWords(of);
  const left =
    safeBytes === undefined ? "no cap" : `${bytes(safeBytes)} below its cap`;
  return [
    `${bytes(lagBytes)} and ${lagSeconds?.toFixed(1) ?? "unknown"} s behind`,
    `its slot holds ${bytes(heldBytes)} of WAL, ${left}`,
    `${bytes(freeBytes)} free on its disk`,
  ].join("; ");
}
