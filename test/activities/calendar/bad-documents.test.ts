import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cli } from "../../cli/run-cli";

/** A wrong calendar, and every line that is told of it. */
interface Wrong {
  readonly title: string;
  /** Fields that stand instead of those of a sound one; an empty text takes one out. */
  readonly fields: Readonly<Record<string, string>>;
  /** Of the path below `calendars.nights`. */
  readonly faults: readonly string[];
}

const sound = {
  tz: "Europe/Sofia",
  dtstart: "2026-11-02T22:00",
  rrule: "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH",
  duration: "PT8H",
};
const blackout = { default: "open", dtstart: "", rrule: "", duration: "" };

const wrong: readonly Wrong[] = [
  {
    title: "no zone",
    fields: { tz: "" },
    faults: ["tz: found nothing, expected text"],
  },
  {
    title: "an unknown zone",
    fields: { tz: "Europe/Sofa" },
    faults: [
      'tz: found "Europe/Sofa", expected an IANA zone that this machine\'s tz data knows, such as Europe/Sofia or UTC; did you mean Europe/Sofia?',
    ],
  },
  {
    title: "a zone as Outlook calls it",
    fields: { tz: "FLE Standard Time" },
    faults: [
      'tz: found "FLE Standard Time", expected an IANA zone that this machine\'s tz data knows, such as Europe/Sofia or UTC; did you mean Europe/Kiev?',
    ],
  },
  {
    title: "an abbreviation of a zone",
    fields: { tz: "CET" },
    faults: [
      'tz: found "CET", expected an IANA zone that this machine\'s tz data knows, such as Europe/Sofia or UTC',
    ],
  },
  {
    title: "an offset instead of a zone",
    fields: { tz: '"+02:00"' },
    faults: [
      'tz: found "+02:00", expected an IANA zone that this machine\'s tz data knows, such as Europe/Sofia or UTC',
    ],
  },
  {
    title: "a zone in small letters",
    fields: { tz: "europe/sofia" },
    faults: [
      'tz: found "europe/sofia", expected an IANA zone that this machine\'s tz data knows, such as Europe/Sofia or UTC; did you mean Europe/Sofia?',
    ],
  },
  {
    title: "no first time",
    fields: { dtstart: "" },
    faults: [
      "dtstart: found nothing, expected the local time at which it opens first, since it is closed by default",
    ],
  },
  {
    title: "a first time with an offset",
    fields: { dtstart: "2026-11-02T22:00+02:00" },
    faults: [
      'dtstart: found "2026-11-02T22:00+02:00", expected a local date and time such as 2026-11-02T22:00; leave the offset out; tz says the zone',
    ],
  },
  {
    title: "a first time in UTC",
    fields: { dtstart: "2026-11-02T22:00:00Z" },
    faults: [
      'dtstart: found "2026-11-02T22:00:00Z", expected a local date and time such as 2026-11-02T22:00; leave the offset out; tz says the zone',
    ],
  },
  {
    title: "a first day without a time",
    fields: { dtstart: "2026-11-02" },
    faults: [
      'dtstart: found "2026-11-02", expected a local date and time such as 2026-11-02T22:00',
    ],
  },
  {
    title: "a day that no month has",
    fields: { dtstart: "2026-11-31T22:00" },
    faults: [
      'dtstart: found "2026-11-31T22:00", expected a local date and time such as 2026-11-02T22:00',
    ],
  },
  {
    title: "a first time that the rule does not mean",
    fields: { dtstart: "2026-11-01T22:00" },
    faults: [
      'dtstart: found "2026-11-01T22:00", expected a first occurrence that rrule means, too; the first one after it is 2026-11-02T22:00',
    ],
  },
  {
    title: "no duration",
    fields: { duration: "" },
    faults: [
      "duration: found nothing, expected how long a window lasts, such as PT8H",
    ],
  },
  {
    title: "a duration in words",
    fields: { duration: "8 hours" },
    faults: [
      'duration: found "8 hours", expected an ISO 8601 duration such as PT8H or P2D, of at most 366 days; months and years have no length of their own',
    ],
  },
  {
    title: "a duration as a number",
    fields: { duration: "480" },
    faults: ["duration: found 480, expected text"],
  },
  {
    title: "a duration in months",
    fields: { duration: "P1M" },
    faults: [
      'duration: found "P1M", expected an ISO 8601 duration such as PT8H or P2D, of at most 366 days; months and years have no length of their own',
    ],
  },
  {
    title: "a duration of nothing",
    fields: { duration: "PT0S" },
    faults: [
      'duration: found "PT0S", expected a duration of more than nothing',
    ],
  },
  {
    title: "a duration of years",
    fields: { duration: "P400D" },
    faults: [
      'duration: found "P400D", expected an ISO 8601 duration such as PT8H or P2D, of at most 366 days; months and years have no length of their own',
    ],
  },
  {
    title: "a negative duration",
    fields: { duration: "-PT1H" },
    faults: [
      'duration: found "-PT1H", expected an ISO 8601 duration such as PT8H or P2D, of at most 366 days; months and years have no length of their own',
    ],
  },
  {
    title: "an unknown mode",
    fields: { mode: "wal" },
    faults: ['mode: found "wal", expected exact or wall; did you mean wall?'],
  },
  {
    title: "an unknown default",
    fields: { default: "opened" },
    faults: [
      'default: found "opened", expected closed or open; did you mean open?',
    ],
  },
  {
    title: "a rule without a frequency",
    fields: { rrule: "BYDAY=MO" },
    faults: [
      'rrule: found "BYDAY=MO", expected a FREQ, such as FREQ=WEEKLY;BYDAY=SU',
    ],
  },
  {
    title: "a rule of every hour",
    fields: { rrule: "FREQ=HOURLY" },
    faults: [
      'rrule: found "FREQ=HOURLY", expected FREQ of DAILY, WEEKLY, MONTHLY or YEARLY; several starts a day are FREQ=DAILY with BYHOUR',
    ],
  },
  {
    title: "a rule with its name",
    fields: { rrule: "RRULE:FREQ=DAILY" },
    faults: [
      'rrule: found "RRULE:FREQ=DAILY", expected the rule alone, without RRULE: in front',
    ],
  },
  {
    title: "a rule with an unknown day and a month too many",
    fields: { rrule: "FREQ=WEEKLY;BYDAY=MO,SO;BYMONTH=13" },
    faults: [
      'rrule: found "FREQ=WEEKLY;BYDAY=MO,SO;BYMONTH=13", expected BYDAY of days such as MO,TU or, of a month, 1SU and -1FR',
      'rrule: found "FREQ=WEEKLY;BYDAY=MO,SO;BYMONTH=13", expected BYMONTH of months from 1 to 12',
    ],
  },
  {
    title: "a rule with an unknown part",
    fields: { rrule: "FREQ=DAILY;BYDAYS=MO" },
    faults: [
      'rrule: found "FREQ=DAILY;BYDAYS=MO", expected parts such as FREQ=WEEKLY;BYDAY=SU, not BYDAYS',
    ],
  },
  {
    title: "a rule with a part twice",
    fields: { rrule: "FREQ=DAILY;BYDAY=MO;BYDAY=TU" },
    faults: [
      'rrule: found "FREQ=DAILY;BYDAY=MO;BYDAY=TU", expected each part once',
    ],
  },
  {
    title: "a rule with numbered days of the week",
    fields: { rrule: "FREQ=WEEKLY;BYDAY=1MO" },
    faults: [
      'rrule: found "FREQ=WEEKLY;BYDAY=1MO", expected BYDAY without numbers, since FREQ is neither MONTHLY nor YEARLY',
    ],
  },
  {
    title: "a rule with a local UNTIL",
    fields: { rrule: "FREQ=DAILY;UNTIL=20261231T220000" },
    faults: [
      'rrule: found "FREQ=DAILY;UNTIL=20261231T220000", expected UNTIL of an instant in UTC such as 20261231T220000Z, since dtstart has a zone',
    ],
  },
  {
    title: "a rule that ended before it began",
    fields: { rrule: "FREQ=DAILY;UNTIL=20251231T220000Z" },
    faults: [
      'rrule: found "FREQ=DAILY;UNTIL=20251231T220000Z", expected an UNTIL after dtstart',
    ],
  },
  {
    title: "a rule with COUNT and UNTIL",
    fields: { rrule: "FREQ=DAILY;COUNT=3;UNTIL=20261231T220000Z" },
    faults: [
      'rrule: found "FREQ=DAILY;COUNT=3;UNTIL=20261231T220000Z", expected COUNT or UNTIL, not both',
    ],
  },
  {
    title: "a rule with a window each half hour",
    fields: { rrule: '"FREQ=DAILY;BYHOUR=8,9,10,11,12,13,22;BYMINUTE=0,30"' },
    faults: [
      'rrule: found "FREQ=DAILY;BYHOUR=8,9,10,11,12,13,22;BYMINUTE=0,30", expected at most 12 starts a day',
    ],
  },
  {
    title: "a rule that no day matches",
    fields: { rrule: "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30" },
    faults: [
      'rrule: found "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", expected a rule that some day after dtstart matches',
    ],
  },
  {
    title: "a start at which clocks change",
    fields: { dtstart: "2026-11-02T03:30" },
    faults: [
      'dtstart: found "2026-11-02T03:30", expected a start outside of 00:30-04:30 and of clock changes in Europe/Sofia, or gap; gap: skip leaves a start out that clocks skip, gap: shift moves it past the change',
    ],
  },
  {
    title: "one of several starts at which clocks change",
    fields: { rrule: '"FREQ=DAILY;BYHOUR=2,22"' },
    faults: [
      'rrule: found "FREQ=DAILY;BYHOUR=2,22", expected a start outside of 00:30-04:30 and of clock changes in Europe/Sofia, or gap; gap: skip leaves a start out that clocks skip, gap: shift moves it past the change',
    ],
  },
  {
    title: "a start at midnight where clocks change at midnight",
    fields: { tz: "Africa/Cairo", dtstart: "2026-11-02T00:00" },
    faults: [
      'dtstart: found "2026-11-02T00:00", expected a start outside of 00:30-04:30 and of clock changes in Africa/Cairo, or gap; gap: skip leaves a start out that clocks skip, gap: shift moves it past the change',
    ],
  },
  {
    title: "one window at a time that clocks skip",
    fields: { dtstart: "2027-03-28T03:30", rrule: "" },
    faults: [
      'dtstart: found "2027-03-28T03:30", expected a time that clocks in Europe/Sofia show on that day; they skip it; gap: shift means the time after the change',
    ],
  },
  {
    title: "one window at a time that clocks show twice",
    fields: { dtstart: "2027-10-31T03:30", rrule: "" },
    faults: [
      'dtstart: found "2027-10-31T03:30", expected a time that clocks in Europe/Sofia show once on that day, or gap; they show it twice; with gap: skip or shift the first one counts',
    ],
  },
  {
    title: "a gap that is neither skipped nor shifted",
    fields: { gap: "ignore" },
    faults: ['gap: found "ignore", expected skip or shift'],
  },
  {
    title: "an exdate with a time",
    fields: { exdate: "[2026-12-24T22:00]" },
    faults: [
      'exdate[0]: found "2026-12-24T22:00", expected a date such as 2026-12-24',
    ],
  },
  {
    title: "an exdate without a rule",
    fields: { exdate: "[2026-12-24]", rrule: "" },
    faults: ["exdate: found a list, expected no days, since there is no rrule"],
  },
  {
    title: "a bound without an offset",
    fields: { notBefore: "2026-11-02T00:00" },
    faults: [
      'notBefore: found "2026-11-02T00:00", expected an instant such as 2026-11-22T03:00:00Z; with Z or an offset such as +02:00',
    ],
  },
  {
    title: "bounds the wrong way round",
    fields: {
      notBefore: "2027-01-01T00:00:00Z",
      notAfter: "2026-01-01T00:00:00Z",
    },
    faults: [
      'notAfter: found "2026-01-01T00:00:00Z", expected an instant after 2027-01-01T00:00:00Z',
    ],
  },
  {
    title: "a cutoff as long as the window",
    fields: { cutoff: "PT8H" },
    faults: [
      'cutoff: found "PT8H", expected less than the duration PT8H; nothing could ever start',
    ],
  },
  {
    title: "a minimum that no window can have",
    fields: { cutoff: "PT1H", minUseful: "PT8H" },
    faults: [
      'minUseful: found "PT8H", expected at most the duration PT8H less the cutoff PT1H; every window would be skipped',
    ],
  },
  {
    title: "an unknown way to close",
    fields: { atClose: "abort" },
    faults: [
      'atClose: found "abort", expected finish-batch-and-park, finish-step-and-park, ask or abort-with-rollback',
    ],
  },
  {
    title: "an unknown way to miss a window",
    fields: { missed: "run" },
    faults: [
      'missed: found "run", expected skip-and-report or run-if-still-open',
    ],
  },
  {
    title: "an overrun by nobody",
    fields: { overrun: "{ by: [], most: PT1H }" },
    faults: [
      "overrun.by: found an empty list, expected a list of at least 1 item",
    ],
  },
  {
    title: "an overrun without a limit",
    fields: { overrun: "{ by: [on-call] }" },
    faults: ["overrun.most: found nothing, expected text"],
  },
  {
    title: "an exclusion of no day",
    fields: { exclusions: "[2026-02-30]" },
    faults: [
      'exclusions[0]: found "2026-02-30", expected a date such as 2026-12-24, or its first and last day such as 2026-12-24/2027-01-02',
    ],
  },
  {
    title: "a range the wrong way round",
    fields: { exclusions: "[2027-01-02/2026-12-24]" },
    faults: [
      'exclusions[0]: found "2027-01-02/2026-12-24", expected a date such as 2026-12-24, or its first and last day such as 2026-12-24/2027-01-02',
    ],
  },
  {
    title: "a range of times",
    fields: { exclusions: "[2026-12-24T00:00/2026-12-25T00:00]" },
    faults: [
      'exclusions[0]: found "2026-12-24T00:00/2026-12-25T00:00", expected a date such as 2026-12-24, or its first and last day such as 2026-12-24/2027-01-02',
    ],
  },
  {
    title: "an exclusion in days off the calendar's list",
    fields: { exclusions: "2026-12-24" },
    faults: ['exclusions: found "2026-12-24", expected a list'],
  },
  {
    title: "an ICS file over plain http",
    fields: { exclusions: '[{ ics: "http://example.com/a.ics" }]' },
    faults: [
      'exclusions[0].ics: found "http://example.com/a.ics", expected a file, or an https URL without user and password',
    ],
  },
  {
    title: "an ICS file with a password",
    fields: { exclusions: '[{ ics: "https://a:b@example.com/a.ics" }]' },
    faults: [
      'exclusions[0].ics: found "https://***@example.com/a.ics", expected a file, or an https URL without user and password',
    ],
  },
  {
    title: "a token instead of its reference",
    fields: {
      exclusions: '[{ ics: "https://example.com/a.ics", token: hunter2 }]',
    },
    faults: [
      "exclusions[0].token: found text of 7 characters, expected a reference: env:NAME or file:/path",
    ],
  },
  {
    title: "a misspelt field",
    fields: { cutof: "PT1H" },
    faults: [
      "cutof: found an unknown key, expected tz, default, dtstart, rrule, exdate, duration, mode, gap, notBefore, notAfter, exclusions, cutoff, minUseful, atClose, missed or overrun; did you mean cutoff?",
    ],
  },
  {
    title: "a blackout that is never",
    fields: { ...blackout },
    faults: [
      'default: found "open", expected dtstart and duration, or exclusions, since it is open by default; without them it is never closed',
    ],
  },
  {
    title: "a blackout without a first time",
    fields: { ...blackout, duration: "P1D" },
    faults: [
      "dtstart: found nothing, expected the local time of the first blackout, since there is duration",
    ],
  },
  {
    title: "a blackout without an end",
    fields: { ...blackout, dtstart: "2026-12-20T00:00" },
    faults: [
      "duration: found nothing, expected how long a blackout lasts, such as PT8H",
    ],
  },
  {
    title: "several faults at once",
    fields: {
      tz: "Sofia",
      duration: "8h",
      rrule: "FREQ=SECONDLY",
      cutoff: "1h",
    },
    faults: [
      'tz: found "Sofia", expected an IANA zone that this machine\'s tz data knows, such as Europe/Sofia or UTC; did you mean Europe/Sofia?',
      'rrule: found "FREQ=SECONDLY", expected FREQ of DAILY, WEEKLY, MONTHLY or YEARLY; several starts a day are FREQ=DAILY with BYHOUR',
      'duration: found "8h", expected an ISO 8601 duration such as PT8H or P2D, of at most 366 days; months and years have no length of their own',
      'cutoff: found "1h", expected an ISO 8601 duration such as PT8H or P2D, of at most 366 days; months and years have no length of their own',
    ],
  },
];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "bad-documents-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function answerTo(configuration: string) {
  const config = join(folder, "runbooks.yaml");
  await writeFile(config, configuration);
  const { code, err } = await cli([
    "validate",
    "--file-only",
    "--config",
    config,
  ]);
  return { code, err: err.replace(config, "runbooks.yaml") };
}

const configuration = (fields: Wrong["fields"], target = "") =>
  [
    `targets: { ${target} }`,
    "components: {}",
    "calendars:",
    "  nights:",
    ...Object.entries({ ...sound, ...fields })
      .filter(([, value]) => value !== "")
      .map(([key, value]) => `    ${key}: ${value}`),
    "",
  ].join("\n");

const refusalOf = (faults: readonly string[]): string =>
  [
    `error: runbooks.yaml has ${faults.length === 1 ? "1 fault" : `${faults.length} faults`}:`,
    ...faults.map((fault) => `  ${fault}`),
    "hint: Correct each line above and start again; nothing has been touched.",
    "",
  ].join("\n");

test.each(wrong)(
  "$title is refused by one complete error",
  async ({ fields, faults }) => {
    const below = faults.map((fault) => `calendars.nights.${fault}`);
    expect(await answerTo(configuration(fields))).toEqual({
      code: 2,
      err: refusalOf(below),
    });
  },
);

test("a target that names an unknown calendar is refused beside all other faults", async () => {
  const target =
    "prod: { inventory: { file: a }, calendars: [nights, night], slots: 1 }";
  const { err } = await answerTo(configuration({ cutoff: "1h" }, target));
  expect(
    err
      .split("\n")
      .slice(1, -2)
      .map((line) => line.split("; ")[0]),
  ).toEqual([
    "  targets.prod.slots: found an unknown key, expected inventory, ssh, balancer, postgres, egress, approvals or calendars",
    '  calendars.nights.cutoff: found "1h", expected an ISO 8601 duration such as PT8H or P2D, of at most 366 days',
    '  targets.prod.calendars[1]: found "night", expected one of nights',
  ]);
});

test("the sound calendar that the others are made of is accepted", async () => {
  const target = "prod: { inventory: { file: a }, calendars: [nights] }";
  expect(await answerTo(configuration({}, target))).toEqual({
    code: 0,
    err: "",
  });
});
