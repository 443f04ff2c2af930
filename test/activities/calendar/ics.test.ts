import { parseIcs } from "../../../activities/calendar/ics";
import { event, icsOf } from "./samples";

const failureOf = (text: string) => {
  try {
    parseIcs(text, "holidays.ics");
  } catch (error) {
    return error as Error & { type: string };
  }
  throw new Error("it was accepted");
};
const faultsOf = (...lines: readonly string[]) =>
  failureOf(icsOf(lines))
    .message.split("\n")
    .slice(1, -1)
    .map((line) => line.trim());

describe("an ICS file is refused", () => {
  it.each<[string, string[], string]>([
    [
      "for a floating time",
      ["DTSTART:20261224T020000", "DURATION:PT1H"],
      "Holiday: found the floating time 2026-12-24T02:00:00 in DTSTART, expected one in UTC or with a TZID",
    ],
    [
      "for a zone that nobody knows",
      ["DTSTART;TZID=Customized Time Zone:20261224T020000", "DURATION:PT1H"],
      'Holiday: found the zone "Customized Time Zone" in DTSTART, expected one that IANA or Outlook knows',
    ],
    [
      "for a floating exception",
      [
        "DTSTART:20261224T020000Z",
        "DURATION:PT1H",
        "RRULE:FREQ=DAILY",
        "EXDATE:20261225T020000",
      ],
      "Holiday: found the floating time 2026-12-25T02:00:00 in EXDATE, expected one in UTC or with a TZID",
    ],
    [
      "for an event without a start",
      ["DTEND:20261224T020000Z"],
      "Holiday: has no DTSTART",
    ],
    [
      "for a time without a length, which would exclude nothing",
      ["DTSTART:20261224T020000Z"],
      "Holiday: ends when it starts, expected a DTEND after DTSTART",
    ],
    [
      "for an end before the start",
      ["DTSTART:20261224T020000Z", "DTEND:20261224T010000Z"],
      "Holiday: ends when it starts, expected a DTEND after DTSTART",
    ],
    [
      "for a day that ends at a time",
      ["DTSTART;VALUE=DATE:20261224", "DTEND:20261224T010000Z"],
      "Holiday: found a date and a time, expected two of a kind in DTSTART and DTEND",
    ],
    [
      "for half a day of whole days",
      ["DTSTART;VALUE=DATE:20261224", "DURATION:PT12H"],
      "Holiday: lasts a part of a day, expected whole days since DTSTART is a date",
    ],
    [
      "for a rule of every second",
      ["DTSTART:20261224T020000Z", "DURATION:PT1S", "RRULE:FREQ=SECONDLY"],
      "Holiday: found RRULE FREQ=SECONDLY, expected FREQ of DAILY, WEEKLY, MONTHLY or YEARLY; several starts a day are FREQ=DAILY with BYHOUR",
    ],
  ])("%s", (_, lines, fault) => {
    expect(faultsOf(...event(...lines))).toEqual([fault]);
  });

  it("with every fault of it at once", () => {
    const faults = faultsOf(
      ...event("DTSTART:20261224T020000"),
      ...event("DTSTART:20261224T020000Z", "DURATION:PT1H"),
      ...event(),
    );
    expect(faults).toHaveLength(2);
  });

  it.each([
    ["an empty file", ""],
    ["a page of a proxy", "<html><body>Sign in</body></html>"],
    [
      "a file that breaks off",
      "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART:2026",
    ],
  ])("when it is %s, with what to do", (_, text) => {
    const { type, message } = failureOf(text);
    expect(type).toBe("calendar.malformed");
    expect(message).toMatch(
      /^holidays\.ics is no ICS file: [^]*\nhint: Correct holidays\.ics/,
    );
  });

  it("when it has thousands of events", () => {
    const many = Array.from({ length: 5_001 }, () =>
      event("DTSTART;VALUE=DATE:20261224"),
    );
    const { type, message } = failureOf(icsOf(many.flat()));
    expect(type).toBe("calendar.tooLarge");
    expect(message).toContain(
      "holidays.ics has 5001 events, expected at most 5000",
    );
  });
});

describe("an ICS file", () => {
  const zoneOf = (line: string, ...more: readonly string[]) =>
    parseIcs(icsOf([...more, ...event(line, "DURATION:PT1H")]), "a.ics")[0]
      ?.zone;

  it.each([
    ["an IANA name", "Europe/Sofia", "Europe/Sofia"],
    ["the name that Outlook has for it", "FLE Standard Time", "Europe/Kiev"],
    [
      "a path that ends in one",
      "/freeassociation.sourceforge.net/Europe/Sofia",
      "Europe/Sofia",
    ],
  ])("knows a zone by %s", (_, tzid, zone) => {
    expect(zoneOf(`DTSTART;TZID=${tzid}:20261224T020000`)).toBe(zone);
  });

  it("knows a zone by what the file says of it", () => {
    const zone = [
      "BEGIN:VTIMEZONE",
      "TZID:Office",
      "X-LIC-LOCATION:Europe/Vienna",
      "END:VTIMEZONE",
    ];
    expect(zoneOf("DTSTART;TZID=Office:20261224T020000", ...zone)).toBe(
      "Europe/Vienna",
    );
  });

  it("may have no event at all, and begin with a byte order mark", () => {
    expect(parseIcs(`\uFEFF${icsOf([])}`, "a.ics")).toEqual([]);
  });

  it("may hold several calendars", () => {
    const one = icsOf(event("DTSTART;VALUE=DATE:20261224"));
    expect(parseIcs(one + one, "a.ics")).toHaveLength(2);
  });
});
