import type ICAL from "ical.js";
import type { CalendarEvent } from "./events";
import { readMoment, readMoments, type Moment, zoneReader } from "./ics-times";
import { durationMs } from "./durations";
import { parseRule, type Rule } from "./rule";
import { instantOf, type Wall } from "./zones";

const DAY_MS = 86_400_000;

interface ReadEvent {
  readonly event: CalendarEvent;
  readonly uid: string;
  readonly cancelled: boolean;
  /** Which occurrence of the event of the same UID it takes the place of. */
  readonly replaces?: Wall;
}

/** Events, and what is wrong with others, each fault one line. */
export function eventsOf(
  raw: readonly ICAL.Component[],
  timezones: readonly ICAL.Component[],
): { readonly events: CalendarEvent[]; readonly faults: string[] } {
  const zoneOf = zoneReader(timezones);
  const read: ReadEvent[] = [];
  const faults: string[] = [];
  for (const [index, component] of raw.entries()) {
    const title = textOf(component, "summary") ?? `event ${index + 1}`;
    try {
      read.push(readEvent(component, title, zoneOf));
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      faults.push(`${title}: ${error.message}`);
    }
  }
  const events = read
    .filter(({ cancelled }) => !cancelled)
    .map((one) => withoutReplaced(one, read));
  return { events, faults };
}

/** An occurrence that was moved or cancelled stands in an event of its own. */
function withoutReplaced(
  { event, uid, replaces }: ReadEvent,
  all: readonly ReadEvent[],
): CalendarEvent {
  if (replaces !== undefined) return event;
  const moved = all.flatMap((other) =>
    other.uid === uid && other.replaces !== undefined ? [other.replaces] : [],
  );
  return { ...event, exdates: [...event.exdates, ...moved] };
}

/** @throws RangeError with what was found and what was expected */
function readEvent(
  component: ICAL.Component,
  title: string,
  zoneOf: (tzid: string) => string | undefined,
): ReadEvent {
  const property = component.getFirstProperty("dtstart");
  if (property === null) throw new RangeError("has no DTSTART");
  const start = readMoment(property, zoneOf);
  const exdates = readMoments(component, "exdate", zoneOf);
  const rule = ruleOf(component, start);
  const replaces = component.getFirstProperty("recurrence-id");
  const uid = textOf(component, "uid") ?? title;
  return {
    uid,
    cancelled: textOf(component, "status") === "CANCELLED",
    ...(replaces === null
      ? {}
      : { replaces: readMoment(replaces, zoneOf).in(start.zone) }),
    event: {
      title,
      start: start.wall,
      ...(start.zone === undefined ? {} : { zone: start.zone }),
      length: lengthOf(component, start, zoneOf),
      ...(rule === undefined ? {} : { rule }),
      rdates: readMoments(component, "rdate", zoneOf).map((one) =>
        one.in(start.zone),
      ),
      exdates: exdates
        .filter(
          ({ zone }) => (zone === undefined) === (start.zone === undefined),
        )
        .map((one) => one.in(start.zone)),
      // A day on which an event with a time does not take place: silently ignored by most software.
      exdays: exdates.flatMap(({ zone, wall }) =>
        zone === undefined ? [wall] : [],
      ),
    },
  };
}

function lengthOf(
  component: ICAL.Component,
  start: Moment,
  zoneOf: (tzid: string) => string | undefined,
): number {
  const end = component.getFirstProperty("dtend");
  const duration = component.getFirstPropertyValue("duration");
  const length =
    end === null
      ? duration === null
        ? start.zone === undefined
          ? DAY_MS
          : 0
        : durationMs(String(duration))
      : between(start, readMoment(end, zoneOf));
  if (length === undefined)
    throw new RangeError(
      `found DURATION ${String(duration)}, expected at most 366 days`,
    );
  if (length <= 0)
    throw new RangeError("ends when it starts, expected a DTEND after DTSTART");
  if (start.zone === undefined && length % DAY_MS !== 0)
    throw new RangeError(
      "lasts a part of a day, expected whole days since DTSTART is a date",
    );
  return length;
}

function between(start: Moment, end: Moment): number {
  if (start.zone === undefined || end.zone === undefined) {
    if (start.zone !== end.zone)
      throw new RangeError(
        "found a date and a time, expected two of a kind in DTSTART and DTEND",
      );
    return end.wall - start.wall;
  }
  return (
    (instantOf(end.wall, end.zone) ?? 0) -
    (instantOf(start.wall, start.zone) ?? 0)
  );
}

function ruleOf(component: ICAL.Component, { zone }: Moment): Rule | undefined {
  const [property, ...others] = component.getAllProperties("rrule");
  if (property === undefined) return undefined;
  if (others.length > 0)
    throw new RangeError("has several RRULE, expected one");
  const text = String(property.getFirstValue());
  const rule = parseRule(text, { wholeDays: zone === undefined });
  if ("text" in rule) return rule;
  throw new RangeError(`found RRULE ${text}, expected ${rule.join("; ")}`);
}

function textOf(component: ICAL.Component, name: string): string | undefined {
  const value = component.getFirstPropertyValue(name);
  return typeof value === "string" && value !== "" ? value : undefined;
}
