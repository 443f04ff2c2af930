import type { Said } from "../../../workflows/window/standing";

export const hour = 3_600_000;
const day = 24 * hour;

/** When the first of these windows opens. */
export const friday = Date.UTC(2026, 10, 27, 20);

/** Every evening from 20:00 to 24:00, as the calendars say at `now`. */
export function saidAt(now: number): Said {
  const since = friday + Math.floor((now - friday) / day) * day;
  const until = since + 4 * hour;
  const isOpen = now < until;
  return {
    ...{ open: isOpen, reasons: [], nextOpen: since + day },
    ...(isOpen ? { since, until, cutoffAt: until } : {}),
    nextChange: isOpen ? until : since + day,
  };
}
