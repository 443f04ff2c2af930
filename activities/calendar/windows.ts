import type { CalendarDocument } from "./document";
import { durationMs } from "./durations";
import {
  type CalendarEvent,
  daysSpan,
  type Exclusion,
  exclusionsOf,
} from "./events";
import {
  type LeftOut,
  type Occurrence,
  occurrencesOf,
  reachMs,
} from "./occurrences";
import {
  ALWAYS,
  common,
  complement,
  merged,
  type Span,
  without,
} from "./spans";
import { wallOf } from "./zones";

/** A document with all that it refers to. */
export interface Calendar {
  readonly name: string;
  readonly document: CalendarDocument;
  readonly events: readonly CalendarEvent[];
}

/** A calendar's part in a period. */
export interface Timetable {
  readonly calendar: Calendar;
  readonly occurrences: readonly Occurrence[];
  readonly leftOut: readonly LeftOut[];
  /** When its rule alone lets work start: its windows, or all time but its blackouts. */
  readonly ruled: readonly Span[];
  readonly exclusions: readonly Exclusion[];
  readonly open: readonly Span[];
}

/** Work may start in it up to `cutoffAt`. Sides beyond the period that was looked at are infinite. */
export interface Window extends Span {
  readonly cutoffAt: number;
}

export interface Schedule {
  readonly timetables: readonly Timetable[];
  readonly windows: readonly Window[];
  /** Open by every calendar, but too short to be of use. */
  readonly tooShort: readonly Window[];
}

const DAY_MS = 86_400_000;

/** The windows in which all calendars are open that touch a period; without calendars all time is one. */
export function scheduleOf(
  calendars: readonly Calendar[],
  period: Span,
): Schedule {
  const reach = Math.max(
    0,
    ...calendars.map(({ document }) => reachMs(document)),
  );
  const seen = { start: period.start - reach, end: period.end + reach };
  const timetables = calendars.map((calendar) => timetableOf(calendar, seen));
  const windows = timetables
    .reduce<readonly Span[]>((spans, { open }) => common(spans, open), [ALWAYS])
    .filter(({ start, end }) => start < period.end && period.start < end)
    .map(({ start, end }): Window => {
      const cutoffAt = end - longest(calendars, "cutoff");
      return { start, end, cutoffAt };
    });
  const least = longest(calendars, "minUseful");
  const isUseful = ({ start, cutoffAt }: Window): boolean =>
    cutoffAt > start && cutoffAt - start >= least;
  return {
    timetables,
    windows: windows.filter(isUseful),
    tooShort: windows.filter((window) => !isUseful(window)),
  };
}

/** The strictest calendar counts. */
export function longest(
  calendars: readonly Calendar[],
  field: "cutoff" | "minUseful",
): number {
  return Math.max(
    0,
    ...calendars.map(({ document }) => durationMs(document[field]) ?? 0),
  );
}

/** What was not looked at counts as going on for ever in its last state; see `scheduleOf` for how far it looks. */
function timetableOf(calendar: Calendar, seen: Span): Timetable {
  const { document } = calendar;
  const { occurrences, leftOut } = occurrencesOf(document, seen);
  const ofRule = merged(occurrences).map(({ start, end }) => ({
    start: start < seen.start ? -Infinity : start,
    end: end > seen.end ? Infinity : end,
  }));
  const ruled = document.default === "closed" ? ofRule : complement(ofRule);
  const exclusions = [
    ...datesOf(document),
    ...calendar.events.flatMap((event) =>
      exclusionsOf(event, document.tz, seen),
    ),
  ].sort((a, b) => a.start - b.start);
  return {
    calendar,
    occurrences,
    leftOut,
    ruled,
    exclusions,
    open: without(ruled, exclusions),
  };
}

function datesOf({ exclusions, tz }: CalendarDocument): Exclusion[] {
  return exclusions.flatMap((exclusion) => {
    if (typeof exclusion !== "string") return [];
    const [from = 0, to = from] = exclusion.split("/").map(wallOf);
    const days = (to - from) / DAY_MS + 1;
    return [{ ...daysSpan(from, days, tz), why: exclusion }];
  });
}
