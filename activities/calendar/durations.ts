import { Temporal } from "temporal-polyfill";

const DAY_MS = 86_400_000;

/** The longest window or blackout, and the horizon of every question, in milliseconds. */
export const YEAR_MS = 366 * DAY_MS;

/**
 * Milliseconds of an ISO 8601 duration of weeks, days, hours, minutes and seconds, a day being 24 hours; nothing for any
 * other text. Months and years have no length of their own.
 */
export function durationMs(text: string): number | undefined {
  const [whole, ...parts] =
    /^P(?=[\dT])(?:(\d+)W)?(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/.exec(
      text,
    ) ?? [];
  if (whole === undefined) return undefined;
  const ms = unitsMs.reduce(
    (sum, unit, index) => sum + unit * Number(parts[index] ?? 0),
    0,
  );
  return ms <= YEAR_MS ? ms : undefined;
}

/** Of a week, a day, an hour, a minute and a second. */
const unitsMs = [7 * DAY_MS, DAY_MS, 3_600_000, 60_000, 1_000] as const;

/** Milliseconds of the epoch of `2026-11-22T03:00:00Z` and its like; nothing where the offset is missing. */
export function instantMs(text: string): number | undefined {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)$/.test(text))
    return undefined;
  try {
    return Temporal.Instant.from(text).epochMilliseconds;
  } catch {
    return undefined;
  }
}

/** `2026-11-22T03:00:00Z`. */
export const instantText = (ms: number): string =>
  `${new Date(ms).toISOString().slice(0, 19)}Z`;
