import type ICAL from "ical.js";
import {
  instantOf,
  isZone,
  type Wall,
  wallAt,
  wallOf,
  zoneOfWindows,
} from "./zones";

/** A date, or a local time and its zone. */
export interface Moment {
  readonly wall: Wall;
  /** Absent for a date. */
  readonly zone?: string;
  /** The same moment by the clocks of another zone; a date is the same everywhere. */
  in(zone: string | undefined): Wall;
}

type ZoneOf = (tzid: string) => string | undefined;

/** The IANA zone behind a TZID: itself, the one that Outlook means, the end of a path, or what the file says it is. */
export function zoneReader(timezones: readonly ICAL.Component[]): ZoneOf {
  const locations = new Map(
    timezones.map((one) => [
      String(one.getFirstPropertyValue("tzid")),
      String(one.getFirstPropertyValue("x-lic-location")),
    ]),
  );
  return (tzid) => {
    const [, path = ""] = /([A-Z][\w+-]*(?:\/[A-Z][\w+-]*)+)$/.exec(tzid) ?? [];
    const known = [tzid, path, locations.get(tzid) ?? ""].find(isZone);
    return known ?? zoneOfWindows(tzid);
  };
}

/** @throws RangeError for a floating time and for a zone that nobody knows */
export function readMoment(property: ICAL.Property, zoneOf: ZoneOf): Moment {
  const [moment] = momentsOf(property, zoneOf);
  if (moment === undefined)
    throw new RangeError(`has an empty ${nameOf(property)}`);
  return moment;
}

export function readMoments(
  component: ICAL.Component,
  name: "exdate" | "rdate",
  zoneOf: ZoneOf,
): Moment[] {
  return component
    .getAllProperties(name)
    .flatMap((property) => momentsOf(property, zoneOf));
}

function momentsOf(property: ICAL.Property, zoneOf: ZoneOf): Moment[] {
  // The raw values: the library would take a time without a known zone for one in the zone of the process.
  const [, parameters, , ...values] = property.toJSON() as [
    string,
    { readonly tzid?: string },
    string,
    ...unknown[],
  ];
  return values.map((value) =>
    momentOf(String(value), parameters.tzid, property, zoneOf),
  );
}

function momentOf(
  text: string,
  tzid: string | undefined,
  property: ICAL.Property,
  zoneOf: ZoneOf,
): Moment {
  const wall = wallOf(text.replace(/Z$/, ""));
  if (wall === undefined)
    throw new RangeError(
      `found ${nameOf(property)} ${text}, expected a date or a date and time`,
    );
  if (!text.includes("T")) return { wall, in: () => wall };
  const zone = text.endsWith("Z")
    ? "UTC"
    : zoneNamed(tzid, text, property, zoneOf);
  return {
    wall,
    zone,
    in: (other) =>
      other === undefined || other === zone
        ? wall
        : wallAt(instantOf(wall, zone) ?? wall, other),
  };
}

function zoneNamed(
  tzid: string | undefined,
  text: string,
  property: ICAL.Property,
  zoneOf: ZoneOf,
): string {
  if (tzid === undefined)
    throw new RangeError(
      `found the floating time ${text} in ${nameOf(property)}, expected one in UTC or with a TZID`,
    );
  const zone = zoneOf(tzid);
  if (zone !== undefined) return zone;
  throw new RangeError(
    `found the zone ${JSON.stringify(tzid)} in ${nameOf(property)}, expected one that IANA or Outlook knows`,
  );
}

const nameOf = (property: ICAL.Property): string => property.name.toUpperCase();
