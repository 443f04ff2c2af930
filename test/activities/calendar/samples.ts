import {
  type CalendarDocument,
  calendarDocumentSchema,
} from "../../../activities/calendar/document";
import { parse } from "../../../activities/faults";
import { parseIcs } from "../../../activities/calendar/ics";
import type { Calendar } from "../../../activities/calendar/windows";
import { scheduleOf } from "../../../activities/calendar/windows";

/** A document as it is written, judged and filled in as the configuration does. */
function documentOf(written: object): CalendarDocument {
  const subject = { system: "config", what: "calendar" } as const;
  return parse(calendarDocumentSchema, written, subject);
}

/** @param ics lines of a VCALENDAR that the calendar excludes */
export function calendarOf(
  written: object,
  ics?: readonly string[],
  name = "nights",
): Calendar {
  const events = ics === undefined ? [] : parseIcs(icsOf(ics), "holidays.ics");
  return { name, document: documentOf(written), events };
}

export const icsOf = (lines: readonly string[]): string =>
  ["BEGIN:VCALENDAR", "VERSION:2.0", ...lines, "END:VCALENDAR", ""].join(
    "\r\n",
  );

export const event = (...lines: readonly string[]): string[] => [
  "BEGIN:VEVENT",
  "UID:1",
  "SUMMARY:Holiday",
  ...lines,
  "END:VEVENT",
];

export const at = (text: string): number => Date.parse(text);

/** `2026-03-28T20:00Z/2026-03-29T04:00Z` for each window that touches the days from and to. */
export function windowsOf(
  calendars: readonly Calendar[],
  from: string,
  to: string,
): string[] {
  const period = { start: at(`${from}T00:00Z`), end: at(`${to}T00:00Z`) };
  return scheduleOf(calendars, period).windows.map(
    ({ start, end }) => `${instant(start)}/${instant(end)}`,
  );
}

export const instant = (ms: number): string =>
  Number.isFinite(ms) ? `${new Date(ms).toISOString().slice(0, 16)}Z` : "..";
