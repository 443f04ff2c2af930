import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { ApplicationFailure } from "@temporalio/common";
import { configurationFile } from "../../../activities/configuration/client";
import { createCalendarActivities } from "../../../activities/calendar/activities";
import type { CalendarQuestion } from "../../../activities/calendar/port";
import { event, icsOf, at } from "./samples";

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "runbooks-calendar-"));
  file = path.join(folder, "runbooks.yaml");
  writeFileSync(file, configuration("PT8H"));
  writeFileSync(
    path.join(folder, "holidays.ics"),
    icsOf(event("DTSTART;VALUE=DATE:20261103")),
  );
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const configuration = (duration: string) => `
targets:
  prod: { inventory: { file: hosts.yaml }, calendars: [nights, holidays] }
  lab: { inventory: { file: hosts.yaml } }
components: {}
calendars:
  nights: { tz: Europe/Sofia, dtstart: 2026-11-02T22:00, rrule: FREQ=DAILY, duration: ${duration} }
  holidays: { tz: Europe/Sofia, default: open, exclusions: [{ ics: holidays.ics }] }
`;

const MONDAY = at("2026-11-02T20:30Z");
const ask = (question: unknown) =>
  createCalendarActivities({
    configuration: configurationFile(file),
  }).calendarState(question as CalendarQuestion);
const failureOf = async (question: unknown) => {
  const error: unknown = await ask(question).catch((thrown: unknown) => thrown);
  if (!(error instanceof ApplicationFailure))
    throw new Error("it was answered");
  return error;
};

describe("the activity calendarState", () => {
  it("asks all calendars of a target, files beside the configuration included", async () => {
    expect(await ask({ target: "prod", at: MONDAY })).toMatchObject({
      open: true,
      calendars: ["nights", "holidays"],
      until: at("2026-11-02T22:00Z"),
      atClose: "finish-batch-and-park",
    });
  });

  it("asks calendars by their names", async () => {
    const state = await ask({ calendars: ["nights"], at: MONDAY });
    expect(state.until).toBe(at("2026-11-03T04:00Z"));
  });

  it("answers what a history can hold", async () => {
    const state = await ask({ target: "prod", at: MONDAY });
    expect(JSON.parse(JSON.stringify(state))).toEqual(state);
  });

  it("says that a target without calendars is always open", async () => {
    expect(await ask({ target: "lab", at: MONDAY })).toMatchObject({
      open: true,
      calendars: [],
      reasons: [],
    });
  });

  it("reads the configuration at each question, so that an edit counts at once", async () => {
    const before = await ask({ calendars: ["nights"], at: MONDAY });
    writeFileSync(file, configuration("PT4H"));
    const after = await ask({ calendars: ["nights"], at: MONDAY });
    expect(after.until).toBe(at("2026-11-03T00:00Z"));
    expect(after.digest).not.toBe(before.digest);
  });

  it("reads what is excluded at each question, too", async () => {
    const question = { calendars: ["holidays"], at: MONDAY };
    const before = await ask(question);
    writeFileSync(
      path.join(folder, "holidays.ics"),
      icsOf(event("DTSTART;VALUE=DATE:20261102")),
    );
    const after = await ask(question);
    expect([before.open, after.open]).toEqual([true, false]);
    expect(after.reasons[0]?.text).toBe(
      "excluded by Holiday until 2026-11-02T22:00:00Z",
    );
  });

  it.each<[unknown, string, string]>([
    [
      { target: "prdo", at: 0 },
      "calendar.unknown",
      "no target prdo\nhint: Name one of prod, lab, or add it under targets",
    ],
    [
      { calendars: ["days"], at: 0 },
      "calendar.unknown",
      "no calendar days\nhint: Name one of nights, holidays, or add it under calendars",
    ],
    [
      { target: "constructor", at: 0 },
      "calendar.unknown",
      "no target constructor",
    ],
    [
      { at: 0 },
      "input.invalid",
      "expected exactly one of target and calendars",
    ],
    [
      { target: "prod", at: "now" },
      "input.invalid",
      'at: found "now", expected a number',
    ],
    [
      { target: "prod", at: 0, digestOver: { from: 5, to: 1 } },
      "input.invalid",
      "expected a period of at most two years",
    ],
  ])("refuses %j once and for all", async (question, type, text) => {
    const failure = await failureOf(question);
    expect(failure).toMatchObject({ type, nonRetryable: true });
    expect(failure.message).toContain(text);
  });

  it("fails where a file cannot be read, rather than taking it for empty", async () => {
    rmSync(path.join(folder, "holidays.ics"));
    const failure = await failureOf({ target: "prod", at: 0 });
    expect(failure.type).toBe("calendar.unreadable");
    expect(failure.message).toMatch(
      /cannot read .*holidays\.ics \(ENOENT\)\nhint: Let the worker's user read/,
    );
  });
});
