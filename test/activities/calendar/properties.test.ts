import fc from "fast-check";
import { stateOf as stateWithDigest } from "../../../activities/calendar/state";
import {
  type Calendar,
  scheduleOf,
} from "../../../activities/calendar/windows";
import { check as checkSo } from "../../harness/properties";
import { at, calendarOf } from "./samples";

/** Each case asks for many a window; half the usual number is some seconds of work. */
const check: typeof checkSo = (property) => checkSo(property, 50);

const HOUR_MS = 3_600_000;
const FROM = at("2026-01-01T00:00Z");
const YEAR_HOURS = 24 * 365;

const zone = fc.constantFrom(
  "Europe/Sofia",
  "America/New_York",
  "Australia/Lord_Howe",
  "Asia/Kolkata",
  "UTC",
);
const rule = fc.constantFrom(
  "FREQ=DAILY",
  "FREQ=DAILY;INTERVAL=3",
  "FREQ=DAILY;COUNT=40",
  "FREQ=DAILY;UNTIL=20260601T000000Z",
  "FREQ=WEEKLY;BYDAY=TH",
);
const two = (value: number): string => String(value).padStart(2, "0");
const day = fc
  .integer({ min: 0, max: 364 })
  .map((days) =>
    new Date(FROM + days * 24 * HOUR_MS).toISOString().slice(0, 10),
  );

const written = fc.record({
  tz: zone,
  default: fc.constantFrom("closed", "open"),
  hour: fc.integer({ min: 0, max: 23 }),
  rrule: rule,
  hours: fc.integer({ min: 3, max: 30 }),
  mode: fc.constantFrom("exact", "wall"),
  gap: fc.constantFrom("skip", "shift"),
  cutoff: fc.integer({ min: 0, max: 1 }),
  minUseful: fc.integer({ min: 0, max: 2 }),
  exclusions: fc.array(day, { maxLength: 5 }),
});

// 1 January 2026 is a Thursday: every rule above means it.
const calendars = fc.array(written, { minLength: 1, maxLength: 3 }).map((all) =>
  all.map(({ hour, hours, cutoff, minUseful, ...rest }, index) =>
    calendarOf(
      {
        ...rest,
        dtstart: `2026-01-01T${two(hour)}:00`,
        duration: `PT${hours}H`,
        cutoff: `PT${cutoff}H`,
        minUseful: `PT${Math.min(minUseful, hours - cutoff)}H`,
      },
      undefined,
      `c${index}`,
    ),
  ),
);
const part = fc.double({ min: 0, max: 0.999, noNaN: true });
const instant = fc
  .integer({ min: 0, max: YEAR_HOURS * 4 })
  .map((quarters) => FROM + (quarters * HOUR_MS) / 4);

/** Without the work of a digest over 400 days. */
const stateOf = (all: readonly Calendar[], { at }: { readonly at: number }) =>
  stateWithDigest(all, { at, digestOver: { from: at, to: at + 1 } });

const windowsAround = (all: readonly Calendar[], when: number) =>
  scheduleOf(all, {
    start: when - 40 * 24 * HOUR_MS,
    end: when + 40 * 24 * HOUR_MS,
  }).windows;

test("the state at an instant is what the windows around it say", () => {
  check(
    fc.property(calendars, instant, (all, when) => {
      const window = windowsAround(all, when).find(
        ({ start, end }) => start <= when && when < end,
      );
      const state = stateOf(all, { at: when });
      expect(state.open).toBe(window !== undefined);
      if (state.until !== undefined && window?.end !== Infinity)
        expect(state.until).toBe(window?.end);
    }),
  );
});

test("nothing changes before nextChange, and something does at it", () => {
  check(
    fc.property(calendars, instant, part, (all, when, share) => {
      const asked = stateOf(all, { at: when });
      const { nextChange } = asked;
      if (nextChange === undefined) return;
      const mayStart = (at: number) => {
        const { open, until, reasons } = stateOf(all, { at });
        return { open, until, starts: open && reasons.length === 0 };
      };
      expect(nextChange).toBeGreaterThan(when);
      expect(mayStart(when + Math.floor((nextChange - when) * share))).toEqual(
        mayStart(when),
      );
      expect(mayStart(nextChange)).not.toEqual(mayStart(when));
    }),
  );
});

test("exclusions win over every calendar", () => {
  check(
    fc.property(calendars, day, part, (all, excluded, share) => {
      const [first] = all;
      if (first === undefined) return;
      const document = { ...first.document, exclusions: [excluded] };
      const calendars = [{ ...first, document }, ...all.slice(1)];
      const { timetables } = scheduleOf(calendars, {
        start: FROM,
        end: FROM + 1,
      });
      const [span] = timetables[0]?.exclusions ?? [];
      if (span === undefined) throw new Error("nothing is excluded");
      const when = Math.floor(span.start + (span.end - span.start) * share);
      expect(stateOf(calendars, { at: when })).toMatchObject({
        open: false,
        reasons: expect.arrayContaining([
          expect.objectContaining({ kind: "excluded" }),
        ]),
      });
    }),
  );
});

test("another calendar never opens what is closed, and the order of calendars opens nothing either", () => {
  check(
    fc.property(calendars, instant, (all, when) => {
      const isOpen = (some: readonly Calendar[]) =>
        stateOf(some, { at: when }).open;
      if (isOpen(all)) expect(isOpen(all.slice(1))).toBe(true);
      expect(isOpen([...all].reverse())).toBe(isOpen(all));
    }),
  );
});

test("windows are in order, free of overlaps, and leave their cutoff", () => {
  check(
    fc.property(calendars, instant, (all, when) => {
      const windows = windowsAround(all, when);
      for (const [index, { start, end, cutoffAt }] of windows.entries()) {
        expect(start).toBeLessThan(end);
        expect(cutoffAt).toBeGreaterThan(start);
        expect(start).toBeGreaterThanOrEqual(
          windows[index - 1]?.end ?? -Infinity,
        );
      }
    }),
  );
});
