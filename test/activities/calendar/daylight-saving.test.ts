import { calendarOf, event, windowsOf } from "./samples";

interface Case {
  readonly title: string;
  readonly written: object;
  readonly ics?: readonly string[];
  readonly days: readonly [string, string];
  readonly windows: readonly string[];
}

const sofia = { tz: "Europe/Sofia", duration: "PT1H", rrule: "FREQ=DAILY" };
const nights = { ...sofia, duration: "PT8H", dtstart: "2026-01-01T22:00" };
const newYork = { ...nights, tz: "America/New_York" };
const lordHowe = { tz: "Australia/Lord_Howe", rrule: "FREQ=DAILY" };

/** Sofia: 29 March 03:00 becomes 04:00, 25 October 04:00 becomes 03:00. New York: 8 March and 1 November at 02:00. */
const cases: readonly Case[] = [
  {
    title: "leaves out a start that clocks skip, as RFC 5545 has it",
    written: { ...sofia, dtstart: "2026-03-01T03:30", gap: "skip" },
    days: ["2026-03-28", "2026-03-31"],
    windows: [
      "2026-03-28T01:30Z/2026-03-28T02:30Z",
      "2026-03-30T00:30Z/2026-03-30T01:30Z",
    ],
  },
  {
    title: "moves a start that clocks skip past the change, if told so",
    written: { ...sofia, dtstart: "2026-03-01T03:30", gap: "shift" },
    days: ["2026-03-29", "2026-03-30"],
    windows: ["2026-03-29T01:30Z/2026-03-29T02:30Z"],
  },
  {
    title: "does not count a start that clocks skip",
    written: {
      ...sofia,
      dtstart: "2026-03-27T03:30",
      gap: "skip",
      rrule: "FREQ=DAILY;COUNT=4",
    },
    days: ["2026-03-29", "2026-04-10"],
    windows: [
      "2026-03-30T00:30Z/2026-03-30T01:30Z",
      "2026-03-31T00:30Z/2026-03-31T01:30Z",
    ],
  },
  {
    title: "takes the first of two times that clocks show",
    written: { ...sofia, dtstart: "2026-10-01T03:30", gap: "skip" },
    days: ["2026-10-25", "2026-10-27"],
    windows: [
      "2026-10-25T00:30Z/2026-10-25T01:30Z",
      "2026-10-26T01:30Z/2026-10-26T02:30Z",
    ],
  },
  {
    title: "leaves two weeks between weekly windows around a skipped one",
    written: {
      ...sofia,
      dtstart: "2026-03-01T03:30",
      gap: "skip",
      rrule: "FREQ=WEEKLY;BYDAY=SU",
    },
    days: ["2026-03-20", "2026-04-10"],
    windows: [
      "2026-03-22T01:30Z/2026-03-22T02:30Z",
      "2026-04-05T00:30Z/2026-04-05T01:30Z",
    ],
  },
  {
    title: "lasts eight hours over the spring change, and ends at 07:00",
    written: nights,
    days: ["2026-03-29", "2026-03-30"],
    windows: [
      "2026-03-28T20:00Z/2026-03-29T04:00Z",
      "2026-03-29T19:00Z/2026-03-30T03:00Z",
    ],
  },
  {
    title: "lasts eight hours over the autumn change, and ends at 05:00",
    written: nights,
    days: ["2026-10-25", "2026-10-25"],
    windows: ["2026-10-24T19:00Z/2026-10-25T03:00Z"],
  },
  {
    title: "lasts seven hours over the spring change by the wall clock",
    written: { ...nights, mode: "wall" },
    days: ["2026-03-29", "2026-03-29"],
    windows: ["2026-03-28T20:00Z/2026-03-29T03:00Z"],
  },
  {
    title: "lasts nine hours over the autumn change by the wall clock",
    written: { ...nights, mode: "wall" },
    days: ["2026-10-25", "2026-10-25"],
    windows: ["2026-10-24T19:00Z/2026-10-25T04:00Z"],
  },
  {
    title: "takes a day for 24 hours, unless the wall clock counts",
    written: {
      ...nights,
      duration: "P1D",
      rrule: "FREQ=WEEKLY;BYDAY=SA",
      dtstart: "2026-01-03T22:00",
    },
    days: ["2026-10-25", "2026-10-25"],
    windows: ["2026-10-24T19:00Z/2026-10-25T19:00Z"],
  },
  {
    title: "takes a day for 25 hours by the wall clock of that night",
    written: {
      ...nights,
      mode: "wall",
      duration: "P1D",
      rrule: "FREQ=WEEKLY;BYDAY=SA",
      dtstart: "2026-01-03T22:00",
    },
    days: ["2026-10-25", "2026-10-25"],
    windows: ["2026-10-24T19:00Z/2026-10-25T20:00Z"],
  },
  {
    title: "stays at 22:00 in New York over both changes",
    written: newYork,
    days: ["2026-03-08", "2026-03-09"],
    windows: ["2026-03-08T03:00Z/2026-03-08T11:00Z"],
  },
  {
    title: "stays at 22:00 in New York after the spring change",
    written: newYork,
    days: ["2026-03-09", "2026-03-10"],
    windows: ["2026-03-09T02:00Z/2026-03-09T10:00Z"],
  },
  {
    title: "ends at 06:00 of New York in November by the wall clock",
    written: { ...newYork, mode: "wall" },
    days: ["2026-11-01", "2026-11-02"],
    windows: ["2026-11-01T02:00Z/2026-11-01T11:00Z"],
  },
  {
    title: "knows the half hour that Lord Howe skips",
    written: {
      ...lordHowe,
      dtstart: "2026-10-01T02:15",
      duration: "PT1H",
      gap: "skip",
    },
    days: ["2026-10-02", "2026-10-05"],
    windows: [
      "2026-10-02T15:45Z/2026-10-02T16:45Z",
      "2026-10-04T15:15Z/2026-10-04T16:15Z",
    ],
  },
  {
    title: "moves a start that Lord Howe skips by half an hour",
    written: {
      ...lordHowe,
      dtstart: "2026-10-01T02:15",
      duration: "PT1H",
      gap: "shift",
    },
    days: ["2026-10-03", "2026-10-04"],
    windows: ["2026-10-03T15:45Z/2026-10-03T16:45Z"],
  },
  {
    title: "lasts half an hour longer by the wall clock of Lord Howe in April",
    written: {
      ...lordHowe,
      dtstart: "2026-01-01T22:00",
      duration: "PT8H",
      mode: "wall",
    },
    days: ["2026-04-04", "2026-04-05"],
    windows: ["2026-04-04T11:00Z/2026-04-04T19:30Z"],
  },
  {
    title: "may start at 03:30 where clocks never change",
    written: { ...sofia, tz: "Asia/Kolkata", dtstart: "2026-03-01T03:30" },
    days: ["2026-03-28", "2026-03-30"],
    windows: [
      "2026-03-28T22:00Z/2026-03-28T23:00Z",
      "2026-03-29T22:00Z/2026-03-29T23:00Z",
    ],
  },
  {
    title: "belongs to the day that it starts on",
    written: {
      ...nights,
      dtstart: "2026-11-02T22:00",
      rrule: "FREQ=WEEKLY;BYDAY=MO",
    },
    days: ["2026-11-02", "2026-11-10"],
    windows: [
      "2026-11-02T20:00Z/2026-11-03T04:00Z",
      "2026-11-09T20:00Z/2026-11-10T04:00Z",
    ],
  },
  {
    title: "does not take place on an exdate, the day that it starts on",
    written: { ...nights, dtstart: "2026-12-22T22:00", exdate: ["2026-12-24"] },
    days: ["2026-12-24", "2026-12-26"],
    windows: [
      "2026-12-23T20:00Z/2026-12-24T04:00Z",
      "2026-12-25T20:00Z/2026-12-26T04:00Z",
    ],
  },
  {
    title: "skips months without a 31st, and knows the last day",
    written: {
      ...nights,
      dtstart: "2026-01-31T22:00",
      rrule: "FREQ=MONTHLY;BYMONTHDAY=31",
    },
    days: ["2026-02-01", "2026-05-01"],
    windows: [
      "2026-01-31T20:00Z/2026-02-01T04:00Z",
      "2026-03-31T19:00Z/2026-04-01T03:00Z",
    ],
  },
  {
    title: "takes -1 for the last day of each month",
    written: {
      ...nights,
      dtstart: "2026-01-31T22:00",
      rrule: "FREQ=MONTHLY;BYMONTHDAY=-1",
    },
    days: ["2026-02-02", "2026-04-30"],
    windows: [
      "2026-02-28T20:00Z/2026-03-01T04:00Z",
      "2026-03-31T19:00Z/2026-04-01T03:00Z",
    ],
  },
  {
    title: "is cut by a whole local day, also by one of 23 hours",
    written: { ...nights, exclusions: ["2026-03-29"] },
    days: ["2026-03-28", "2026-03-31"],
    windows: [
      "2026-03-27T20:00Z/2026-03-28T04:00Z",
      "2026-03-28T20:00Z/2026-03-28T22:00Z",
      "2026-03-29T21:00Z/2026-03-30T03:00Z",
      "2026-03-30T19:00Z/2026-03-31T03:00Z",
    ],
  },
  {
    title: "knows an all-day event as days of the calendar's own zone",
    written: newYork,
    ics: event("DTSTART;VALUE=DATE:20261225", "DTEND;VALUE=DATE:20261226"),
    days: ["2026-12-25", "2026-12-27"],
    windows: [
      "2026-12-25T03:00Z/2026-12-25T05:00Z",
      "2026-12-26T05:00Z/2026-12-26T11:00Z",
    ],
  },
  {
    title: "knows a time that Outlook wrote",
    written: nights,
    ics: event(
      "DTSTART;TZID=FLE Standard Time:20260701T230000",
      "DTEND;TZID=FLE Standard Time:20260702T010000",
    ),
    days: ["2026-07-01", "2026-07-02"],
    windows: [
      "2026-06-30T19:00Z/2026-07-01T03:00Z",
      "2026-07-01T19:00Z/2026-07-01T20:00Z",
      "2026-07-01T22:00Z/2026-07-02T03:00Z",
    ],
  },
  {
    title: "leaves an event alone on a day of EXDATE;VALUE=DATE",
    written: nights,
    ics: event(
      "DTSTART;TZID=Europe/Sofia:20260601T220000",
      "DURATION:PT4H",
      "RRULE:FREQ=DAILY;UNTIL=20260610T000000Z",
      "EXDATE;VALUE=DATE:20260602",
    ),
    days: ["2026-06-02", "2026-06-03"],
    windows: [
      "2026-06-01T23:00Z/2026-06-02T03:00Z",
      "2026-06-02T19:00Z/2026-06-03T03:00Z",
    ],
  },
];

test.each(cases)("a window $title", ({ written, ics, days, windows }) => {
  expect(windowsOf([calendarOf(written, ics)], ...days)).toEqual(windows);
});
