import ICAL from "ical.js";
import { calendarError } from "./errors";
import type { CalendarEvent } from "./events";
import { eventsOf } from "./ics-events";

const MAX_EVENTS = 5_000;
const MAX_LISTED = 20;

/**
 * The events of an ICS file as times that a calendar excludes.
 *
 * @param source named in errors
 * @throws calendar.malformed with every fault, calendar.tooLarge
 */
export function parseIcs(text: string, source: string): CalendarEvent[] {
  const components = componentsOf(text, source);
  const raw = components.flatMap((one) => one.getAllSubcomponents("vevent"));
  if (raw.length > MAX_EVENTS)
    throw calendarError("tooLarge", {
      seen: `${source} has ${raw.length} events`,
      expected: `at most ${MAX_EVENTS}`,
      facts: { source },
    });
  const zones = components.flatMap((one) =>
    one.getAllSubcomponents("vtimezone"),
  );
  const { events, faults } = eventsOf(raw, zones);
  if (faults.length === 0) return events;
  const more = faults.length - MAX_LISTED;
  throw malformed(
    source,
    [
      `${source} has ${faults.length} ${faults.length === 1 ? "fault" : "faults"}:`,
      ...faults.slice(0, MAX_LISTED).map((fault) => `  ${fault}`),
      ...(more > 0 ? [`  and ${more} more`] : []),
    ].join("\n"),
  );
}

function componentsOf(text: string, source: string): ICAL.Component[] {
  const notIcs = (why: string, cause?: unknown) =>
    malformed(source, `${source} is no ICS file: ${why}`, cause);
  // ICAL.parse takes an empty text for an empty calendar: an export that failed would exclude nothing.
  if (!/^\uFEFF?\s*BEGIN:VCALENDAR/i.test(text))
    throw notIcs("it does not begin with BEGIN:VCALENDAR");
  try {
    const parsed = ICAL.parse(text.replace(/^\uFEFF?\s*/, "")) as unknown[];
    const several = Array.isArray(parsed[0]) ? parsed : [parsed];
    return several.map((one) => new ICAL.Component(one as string));
  } catch (cause) {
    throw notIcs(cause instanceof Error ? cause.message : String(cause), cause);
  }
}

const malformed = (source: string, seen: string, cause?: unknown) =>
  calendarError("malformed", { seen, facts: { source }, cause });
