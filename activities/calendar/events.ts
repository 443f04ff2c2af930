import { type Rule, wallsOf } from "./rule";
import { overlaps, type Span } from "./spans";
import { dayOf, dayStart, instantOf, type Wall } from "./zones";

/** One event of an ICS file, its zones known: a time that its calendar excludes. */
export interface CalendarEvent {
  readonly title: string;
  readonly start: Wall;
  /** Of its start; absent for whole days, which are days of the calendar that excludes them. */
  readonly zone?: string;
  /** Elapsed time; for whole days a multiple of a day. */
  readonly length: number;
  readonly rule?: Rule;
  /** Further starts. */
  readonly rdates: readonly Wall[];
  /** Starts, or midnights of days on which no occurrence starts. */
  readonly exdates: readonly Wall[];
  /** Days of EXDATE;VALUE=DATE. */
  readonly exdays: readonly Wall[];
}

/** A time in which nothing may start, whatever opens it. */
export interface Exclusion extends Span {
  readonly why: string;
}

const DAY_MS = 86_400_000;
const OFFSET_MS = 27 * 3_600_000;

/** The times of an event that touch a period. @param zone of the calendar */
export function exclusionsOf(
  event: CalendarEvent,
  zone: string,
  period: Span,
): Exclusion[] {
  const { length, title: why } = event;
  return startsOf(event, {
    from: period.start - length - OFFSET_MS,
    to: period.end + OFFSET_MS,
  }).flatMap((wall) => {
    const span =
      event.zone === undefined
        ? daysSpan(wall, length / DAY_MS, zone)
        : timedSpan(wall, event.zone, length);
    return span !== undefined && overlaps(span, period)
      ? [{ ...span, why }]
      : [];
  });
}

/** Whole local days, whatever their hours. */
export function daysSpan(first: Wall, days: number, zone: string): Span {
  return {
    start: dayStart(first, zone),
    end: dayStart(first + days * DAY_MS, zone),
  };
}

function timedSpan(wall: Wall, zone: string, length: number): Span {
  // An occurrence that clocks skip is kept: what excludes rather excludes too much.
  const start = instantOf(wall, zone) ?? wall;
  return { start, end: start + length };
}

function startsOf(
  { start, zone, rule, rdates, exdates, exdays }: CalendarEvent,
  { from, to }: { readonly from: Wall; readonly to: Wall },
): Wall[] {
  const all =
    rule === undefined ? [start] : recurring(start, rule, zone, { from, to });
  const not = new Set(exdates);
  const notDays = new Set(exdays);
  return [...new Set([...all, ...rdates])].filter(
    (wall) =>
      wall >= from && wall <= to && !not.has(wall) && !notDays.has(dayOf(wall)),
  );
}

function recurring(
  start: Wall,
  { text, count, until }: Rule,
  zone: string | undefined,
  { from, to }: { readonly from: Wall; readonly to: Wall },
): Wall[] {
  const walls = wallsOf(text, start, {
    from: count === undefined ? from : start,
    to,
  });
  const counted = count === undefined ? walls : walls.slice(0, count);
  if (until === undefined) return counted;
  return counted.filter(
    (wall) =>
      (zone === undefined ? wall : (instantOf(wall, zone) ?? wall)) <= until,
  );
}
