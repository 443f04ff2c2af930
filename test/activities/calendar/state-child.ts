/** Answers questions in a process of its own, under whatever TZ it was started with. */
import "./other-tz-data";
import { stateOf } from "../../../activities/calendar/state";
import { at, calendarOf, event, windowsOf } from "./samples";

const zones = ["Europe/Sofia", "America/New_York", "Australia/Lord_Howe"];
const ics = event(
  "DTSTART;TZID=FLE Standard Time:20261105T230000",
  "DURATION:PT3H",
  "RRULE:FREQ=WEEKLY",
  "EXDATE;VALUE=DATE:20261112",
);

function answers(): unknown {
  const calendars = zones.map((tz) =>
    calendarOf(
      {
        tz,
        dtstart: "2026-01-01T22:00",
        rrule: "FREQ=DAILY;UNTIL=20301231T000000Z",
        duration: "PT8H",
        mode: "wall",
        exclusions: ["2026-11-20"],
      },
      ics,
      tz,
    ),
  );
  return calendars.map((calendar) => [
    windowsOf([calendar], "2026-03-01", "2026-12-01"),
    stateOf([calendar], { at: at("2026-11-01T05:00Z") }),
  ]);
}

const tell = (told: object): void =>
  void process.stdout.write(`${JSON.stringify(told)}\n`);

try {
  // The offset tells the zones of processes apart.
  tell({ zone: new Date(0).getTimezoneOffset(), answers: answers() });
} catch (error) {
  tell({ error: String(error) });
}
