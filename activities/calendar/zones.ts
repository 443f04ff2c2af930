import { Temporal } from "temporal-polyfill";
import { findIana } from "windows-iana";
import { nearest } from "../known-keys";
import type { Expectation } from "../fault-words";

/** A local date-time, read as if it were UTC: milliseconds that can be added and compared before a zone is applied. */
export type Wall = number;

/** What to do with a local time that the clock skips. */
export type Gap = "skip" | "shift";

const DAY_MS = 86_400_000;

/** Whether the tz data of this process knows it by this very spelling. Offsets and abbreviations are no zones. */
export function isZone(name: string): boolean {
  if (name !== "UTC" && !/^[A-Z][\w+-]*(\/[A-Z][\w+-]*)+$/.test(name))
    return false;
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(name);
    return true;
  } catch {
    return false;
  }
}

/** The IANA name of a zone as Outlook writes it, such as `FLE Standard Time`. */
export function zoneOfWindows(name: string): string | undefined {
  return findIana(name).find((iana) => isZone(iana));
}

/** What should stand in the place of a name that is no zone. */
export function zoneExpected(name: string): Expectation {
  const zones = Intl.supportedValuesOf("timeZone");
  const meant =
    zoneOfWindows(name) ??
    zones.find((zone) => zone.endsWith(`/${name}`)) ??
    nearest(name, zones);
  return {
    expected:
      "an IANA zone that this machine's tz data knows, such as Europe/Sofia or UTC",
    ...(meant === undefined ? {} : { hint: `did you mean ${meant}?` }),
  };
}

/** `2026-11-02T22:00` and `2026-11-02`, or nothing when there is no such date or time. */
export function wallOf(text: string): Wall | undefined {
  if (!/^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?)?$/.test(text)) return undefined;
  try {
    const plain = Temporal.PlainDateTime.from(text, { overflow: "reject" });
    return Date.parse(`${plain.toString({ smallestUnit: "second" })}Z`);
  } catch {
    return undefined;
  }
}

/** `2026-11-02T22:00`, with seconds where there are any. */
export function wallText(wall: Wall): string {
  const text = new Date(wall).toISOString().slice(0, 19);
  return text.endsWith(":00") ? text.slice(0, 16) : text;
}

/**
 * The instant of a local time; the first one where the clock shows it twice. A time that the clock skips is moved past the
 * change by its length, or is no instant at all.
 */
export function instantOf(
  wall: Wall,
  zone: string,
  gap: Gap = "shift",
): number | undefined {
  const [first] = instantsOf(wall, zone);
  if (first !== undefined) return first;
  return gap === "shift" ? wall - offsetAt(wall - DAY_MS, zone) : undefined;
}

/** The instant at which a local day begins, also where midnight does not exist. */
export function dayStart(day: Wall, zone: string): number {
  const date = new Date(day).toISOString().slice(0, 10);
  return Temporal.PlainDate.from(date).toZonedDateTime(zone).epochMilliseconds;
}

export const wallAt = (instant: number, zone: string): Wall =>
  instant + offsetAt(instant, zone);

/** Whether the clock skips this local time, or shows it twice. */
export const isSkippedOrRepeated = (wall: Wall, zone: string): boolean =>
  instantsOf(wall, zone).length !== 1;

/** Each instant at which clocks show a local time, oldest first. */
function instantsOf(wall: Wall, zone: string): number[] {
  const around = [wall - DAY_MS, wall + DAY_MS].map((at) => offsetAt(at, zone));
  return [...new Set(around)]
    .map((offset) => wall - offset)
    .filter((instant) => wallAt(instant, zone) === wall)
    .sort((a, b) => a - b);
}

interface ZoneYear {
  readonly offset: number;
  readonly changes: readonly { readonly at: number; readonly offset: number }[];
}

/** Asking tz data for one local time takes a fifth of a millisecond, and a question has thousands of them. */
const zoneYears = new Map<string, ZoneYear>();

/** Milliseconds that clocks are ahead of UTC. */
function offsetAt(instant: number, zone: string): number {
  const year = new Date(instant).getUTCFullYear();
  const key = `${zone} ${year}`;
  const { offset, changes } = zoneYears.get(key) ?? readZoneYear(zone, year);
  return changes.findLast(({ at }) => at <= instant)?.offset ?? offset;
}

function readZoneYear(zone: string, year: number): ZoneYear {
  const from = Date.UTC(year, 0);
  const offset = (at: number): number =>
    Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone)
      .offsetNanoseconds / 1_000_000;
  const changes = clockChanges(zone, { from, to: Date.UTC(year + 1, 0) }, 100);
  const read = {
    offset: offset(from),
    changes: changes.map((at) => ({ at, offset: offset(at) })),
  };
  zoneYears.set(`${zone} ${year}`, read);
  return read;
}

/** The clock changes of a zone in a period, oldest first, `most` of them. */
export function clockChanges(
  zone: string,
  { from, to }: { readonly from: number; readonly to: number },
  most: number,
): readonly number[] {
  const changes: number[] = [];
  let next: Temporal.ZonedDateTime | null =
    Temporal.Instant.fromEpochMilliseconds(from).toZonedDateTimeISO(zone);
  while (changes.length < most) {
    next = next.getTimeZoneTransition("next");
    if (next === null || next.epochMilliseconds >= to) break;
    changes.push(next.epochMilliseconds);
  }
  return changes;
}

/** The local day that a local time belongs to. */
export const dayOf = (wall: Wall): Wall => Math.floor(wall / DAY_MS) * DAY_MS;
