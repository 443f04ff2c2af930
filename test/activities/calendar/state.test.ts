import { stateOf } from "../../../activities/calendar/state";
import type { Calendar } from "../../../activities/calendar/windows";
import { at, calendarOf, event, instant } from "./samples";

const nights = {
  tz: "Europe/Sofia",
  dtstart: "2026-11-02T22:00",
  rrule: "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH",
  duration: "PT8H",
  cutoff: "PT1H",
};
const freeze = {
  tz: "Europe/Sofia",
  default: "open",
  dtstart: "2026-12-20T00:00",
  duration: "P14D",
};

const ask = (calendars: readonly Calendar[], when: string) => {
  const state = stateOf(calendars, { at: at(when) });
  const word = (ms: number | undefined) =>
    ms === undefined ? undefined : instant(ms);
  return {
    ...state,
    until: word(state.until),
    cutoffAt: word(state.cutoffAt),
    nextOpen: word(state.nextOpen),
    nextChange: word(state.nextChange),
    why: state.reasons.map(({ calendar, kind }) =>
      calendar === undefined ? kind : `${calendar}: ${kind}`,
    ),
  };
};

describe("the state of a calendar", () => {
  it("is open from the first instant of a window, and closed from its last", () => {
    const calendars = [calendarOf(nights)];
    expect(ask(calendars, "2026-11-02T19:59:59.999Z")).toMatchObject({
      open: false,
      nextOpen: "2026-11-02T20:00Z",
      nextChange: "2026-11-02T20:00Z",
      why: ["nights: outside"],
    });
    expect(ask(calendars, "2026-11-02T20:00Z")).toMatchObject({
      open: true,
      until: "2026-11-03T04:00Z",
      cutoffAt: "2026-11-03T03:00Z",
      nextOpen: "2026-11-03T20:00Z",
      nextChange: "2026-11-03T03:00Z",
      why: [],
    });
    expect(ask(calendars, "2026-11-03T04:00Z").open).toBe(false);
  });

  it("says from the cutoff on that nothing new starts", () => {
    const state = ask([calendarOf(nights)], "2026-11-03T03:00Z");
    expect(state).toMatchObject({
      open: true,
      nextChange: "2026-11-03T04:00Z",
    });
    expect(state.reasons).toEqual([
      {
        kind: "pastCutoff",
        text: "the window closes at 2026-11-03T04:00:00Z, and from 2026-11-03T03:00:00Z on nothing new starts",
      },
    ]);
  });

  it("merges windows that overlap before it applies the cutoff, but not those that only meet", () => {
    const long = { ...nights, rrule: "FREQ=DAILY", duration: "PT26H" };
    expect(
      ask(
        [calendarOf({ ...long, rrule: "FREQ=DAILY;COUNT=3" })],
        "2026-11-03T21:00Z",
      ),
    ).toMatchObject({
      until: "2026-11-05T22:00Z",
      cutoffAt: "2026-11-05T21:00Z",
    });
    expect(
      ask([calendarOf({ ...long, duration: "PT24H" })], "2026-11-03T21:00Z"),
    ).toMatchObject({
      until: "2026-11-04T20:00Z",
      nextOpen: "2026-11-04T20:00Z",
    });
  });

  it("has no end where it never closes within the horizon", () => {
    const state = ask(
      [calendarOf({ ...nights, rrule: "FREQ=DAILY", duration: "PT26H" })],
      "2026-12-03T21:00Z",
    );
    expect(state).toMatchObject({
      open: true,
      until: undefined,
      nextChange: undefined,
      why: [],
    });
    expect(state).not.toHaveProperty("atClose");
  });

  it("looks 400 days ahead and no further", () => {
    const once = (dtstart: string) =>
      ask(
        [calendarOf({ tz: "UTC", dtstart, duration: "PT1H" })],
        "2026-01-01T00:00Z",
      );
    expect(once("2027-02-01T00:00").nextOpen).toBe("2027-02-01T00:00Z");
    const late = once("2027-02-20T00:00");
    expect(late.nextOpen).toBeUndefined();
    expect(late.why).toEqual(["nights: outside", "noOpening"]);
    expect(late.reasons[1]?.text).toBe("opens at no time in the next 400 days");
  });

  it("is in force between notBefore and notAfter only, which cut a window", () => {
    const bounded = calendarOf({
      ...nights,
      notBefore: "2026-11-02T23:00+02:00",
      notAfter: "2026-11-09T21:30:00Z",
    });
    expect(ask([bounded], "2026-11-02T20:30Z").nextOpen).toBe(
      "2026-11-02T21:00Z",
    );
    expect(ask([bounded], "2026-11-09T21:00Z")).toMatchObject({
      until: "2026-11-09T21:30Z",
      cutoffAt: "2026-11-09T20:30Z",
      nextOpen: undefined,
    });
  });
});

describe("exclusions", () => {
  it("close a window, and say which one", () => {
    const calendar = calendarOf({
      ...nights,
      exclusions: ["2026-11-03/2026-11-04"],
    });
    const state = ask([calendar], "2026-11-02T22:30Z");
    expect(state).toMatchObject({ open: false, nextOpen: "2026-11-04T22:00Z" });
    expect(state.reasons).toEqual([
      {
        calendar: "nights",
        kind: "excluded",
        text: "excluded by 2026-11-03/2026-11-04 until 2026-11-04T22:00:00Z",
      },
    ]);
  });

  it("end with their last day", () => {
    const calendar = calendarOf({ ...nights, exclusions: ["2026-11-03"] });
    const why = (when: string) => ask([calendar], when).why;
    expect(why("2026-11-03T10:00Z")).toEqual([
      "nights: outside",
      "nights: excluded",
    ]);
    const days = calendarOf({
      ...nights,
      tz: "UTC",
      exclusions: ["2026-11-05"],
      dtstart: "2026-11-02T10:00",
    });
    expect(ask([days], "2026-11-05T23:59:59Z").why).toEqual([
      "nights: outside",
      "nights: excluded",
    ]);
    expect(ask([days], "2026-11-06T00:00Z").why).toEqual(["nights: outside"]);
  });

  it("leave out what is too short after the cutoff", () => {
    const written = {
      ...nights,
      exclusions: ["2026-11-03"],
      minUseful: "PT1H",
    };
    expect(ask([calendarOf(written)], "2026-11-02T20:00Z").open).toBe(true);
    const state = ask(
      [calendarOf({ ...written, minUseful: "PT1H1M" })],
      "2026-11-02T20:00Z",
    );
    expect(state).toMatchObject({ open: false, why: ["tooShort"] });
    expect(state.reasons[0]?.text).toBe(
      "120 min from 2026-11-02T20:00:00Z are too short: cutoff and minUseful take 121 min",
    );
  });

  it("win over a calendar that is open by default, too", () => {
    const holidays = calendarOf(
      { tz: "UTC", default: "open", exclusions: ["2026-12-25"] },
      undefined,
      "holidays",
    );
    expect(ask([holidays], "2026-12-25T10:00Z")).toMatchObject({
      open: false,
      nextOpen: "2026-12-26T00:00Z",
      why: ["holidays: excluded"],
    });
    expect(ask([holidays], "2026-12-24T10:00Z").until).toBe(
      "2026-12-25T00:00Z",
    );
  });

  it("come from events of an ICS file, those that repeat and are moved included", () => {
    const calendar = calendarOf(
      { tz: "UTC", default: "open", exclusions: ["2020-01-01"] },
      [
        ...event(
          "DTSTART:20261102T100000Z",
          "DURATION:PT1H",
          "RRULE:FREQ=DAILY;COUNT=3",
        ),
        ...event(
          "DTSTART:20261103T150000Z",
          "DTEND:20261103T160000Z",
          "RECURRENCE-ID:20261103T100000Z",
        ),
        ...event(
          "DTSTART:20261104T100000Z",
          "DURATION:PT1H",
          "STATUS:CANCELLED",
          "RECURRENCE-ID:20261104T100000Z",
        ),
      ],
    );
    const isOpen = (when: string) => ask([calendar], when).open;
    expect(isOpen("2026-11-02T10:30Z")).toBe(false);
    expect(isOpen("2026-11-03T10:30Z")).toBe(true);
    expect(isOpen("2026-11-03T15:30Z")).toBe(false);
    expect(isOpen("2026-11-04T10:30Z")).toBe(true);
  });
});

describe("several calendars", () => {
  const both = [calendarOf(nights), calendarOf(freeze, undefined, "freeze")];

  it("must all be open", () => {
    expect(ask(both, "2026-12-16T21:00Z").open).toBe(true);
    expect(ask(both, "2026-12-21T21:00Z")).toMatchObject({
      open: false,
      nextOpen: "2027-01-04T20:00Z",
      why: ["freeze: blackout"],
      calendars: ["nights", "freeze"],
    });
    expect(ask(both, "2026-12-22T10:00Z").why).toEqual([
      "nights: outside",
      "freeze: blackout",
    ]);
  });

  it("count the longest cutoff from the first end", () => {
    const early = calendarOf(
      { ...freeze, dtstart: "2026-11-03T03:00", gap: "skip", cutoff: "PT30M" },
      undefined,
      "early",
    );
    expect(ask([calendarOf(nights), early], "2026-11-02T20:00Z")).toMatchObject(
      {
        until: "2026-11-03T01:00Z",
        cutoffAt: "2026-11-03T00:00Z",
      },
    );
  });

  it("close as the one does that closes first, the strictest of several", () => {
    const policyAt = (when: string, other: object) =>
      ask(
        [
          calendarOf({ ...nights, atClose: "ask" }),
          calendarOf({ ...nights, ...other }, undefined, "b"),
        ],
        when,
      );
    expect(
      policyAt("2026-11-02T20:00Z", { atClose: "abort-with-rollback" }).atClose,
    ).toBe("abort-with-rollback");
    expect(
      policyAt("2026-11-02T20:00Z", {
        atClose: "abort-with-rollback",
        duration: "PT9H",
      }).atClose,
    ).toBe("ask");
    expect(policyAt("2026-11-02T10:00Z", { duration: "PT7H" }).atClose).toBe(
      "finish-batch-and-park",
    );
  });

  it("allow to overrun only what all of them allow", () => {
    const allows = (by: readonly string[], most: string, notice = "PT0S") => ({
      ...nights,
      overrun: { by, most, notice },
    });
    const overrunOf = (...written: readonly object[]) =>
      ask(
        written.map((one, index) => calendarOf(one, undefined, `c${index}`)),
        "2026-11-02T20:00Z",
      ).overrun;
    const HOUR = 3_600_000;
    expect(overrunOf(allows(["ann"], "PT2H", "PT1H"))).toEqual({
      by: ["ann"],
      mostMs: 2 * HOUR,
      noticeMs: HOUR,
    });
    expect(
      overrunOf(allows(["ann", "bob"], "PT2H"), allows(["bob"], "PT1H")),
    ).toEqual({ by: ["bob"], mostMs: HOUR, noticeMs: 0 });
    expect(
      overrunOf(allows(["ann"], "PT2H"), allows(["bob"], "PT1H")),
    ).toBeUndefined();
    expect(overrunOf(allows(["ann"], "PT2H"), nights)).toBeUndefined();
    expect(
      overrunOf(allows(["ann"], "PT2H"), { ...nights, duration: "PT9H" })
        ?.mostMs,
    ).toBe(HOUR);
  });

  it("run late only if each that has windows says so", () => {
    const late = { ...nights, missed: "run-if-still-open" };
    const missedBy = (...written: readonly object[]) =>
      ask(
        written.map((one, index) => calendarOf(one, undefined, `c${index}`)),
        "2026-11-02T20:00Z",
      ).missed;
    expect(missedBy(late, freeze)).toBe("run-if-still-open");
    expect(missedBy(late, nights)).toBe("skip-and-report");
    expect(missedBy(freeze)).toBe("skip-and-report");
  });

  it("are always open where there is none", () => {
    expect(ask([], "2026-11-02T20:00Z")).toMatchObject({
      open: true,
      until: undefined,
      calendars: [],
      reasons: [],
    });
  });
});

describe("the digest", () => {
  const period = { from: at("2026-11-01T00:00Z"), to: at("2027-01-01T00:00Z") };
  const digest = (calendars: readonly Calendar[], when = "2026-11-02T20:00Z") =>
    stateOf(calendars, { at: at(when), digestOver: period }).digest;
  const plain = digest([calendarOf(nights)]);

  it("is the same for the same period, whenever it is asked", () => {
    expect(plain).toMatch(/^[0-9a-f]{64}$/);
    expect(digest([calendarOf(nights)], "2026-11-20T20:00Z")).toBe(plain);
    expect(
      digest([calendarOf({ ...nights, minUseful: "PT0S", mode: "exact" })]),
    ).toBe(plain);
  });

  it.each<[string, Calendar]>([
    ["a field of a document", calendarOf({ ...nights, cutoff: "PT2H" })],
    ["a policy", calendarOf({ ...nights, atClose: "ask" })],
    ["a date", calendarOf({ ...nights, exclusions: ["2026-11-20"] })],
    [
      "what an ICS file excludes",
      calendarOf(nights, event("DTSTART:20261103T000000Z", "DURATION:PT1H")),
    ],
    ["a name", calendarOf(nights, undefined, "other")],
  ])("is another one after a change of %s", (_, calendar) => {
    expect(digest([calendar])).not.toBe(plain);
  });

  it("does not change with what an ICS file drops of the past", () => {
    const past = event("DTSTART:20260103T000000Z", "DURATION:PT1H");
    expect(digest([calendarOf(nights, past)])).toBe(plain);
  });
});
