import fc from "fast-check";
import {
  isOutdated,
  lookAgainAt,
  mustAsk,
  type Said,
  standingAt,
  stopAfterOf,
} from "../../../workflows/window/standing";

const hour = 3_600_000;
const day = 24 * hour;
const friday = Date.UTC(2026, 10, 27, 20);

/** Open from Friday 20:00 to Saturday 03:00 UTC, nothing new in its last half hour. */
const open: Said = {
  open: true,
  until: friday + 7 * hour,
  cutoffAt: friday + 6.5 * hour,
  nextOpen: friday + 7 * day,
  nextChange: friday + 6.5 * hour,
  reasons: [],
};
const closed: Said = {
  open: false,
  nextOpen: friday,
  nextChange: friday,
  reasons: [{ kind: "outside", text: "outside of every window of nights" }],
};

describe("a window", () => {
  it("opens nothing before the calendars have answered", () => {
    expect(standingAt(undefined, friday, 0)).toEqual({
      kind: "closed",
      reason: "the calendars have not answered yet",
    });
  });

  it("lets work start up to the cutoff, and not at it", () => {
    const closesAt = open.cutoffAt ?? 0;
    expect(standingAt(open, friday, 0)).toEqual({ kind: "open", closesAt });
    expect(standingAt(open, closesAt - 1, 0).kind).toBe("open");
    expect(standingAt(open, closesAt, 0).kind).toBe("closed");
  });

  it("closes earlier for work that would not end within it, and says so", () => {
    const needMs = 2 * hour;
    const last = friday + 5 * hour;
    expect(standingAt(open, last - 1, needMs).kind).toBe("open");
    expect(standingAt(open, last, needMs)).toEqual({
      kind: "closed",
      reason:
        "the window ends at 2026-11-28T03:00:00.000Z: too soon for 7200 s of work and undo",
      opensAt: friday + 7 * day,
    });
  });

  it("is open by somebody's word where no calendar is, up to the end of that word", () => {
    const grant = { until: friday - hour };
    for (const said of [closed, undefined])
      expect(standingAt(said, friday - 2 * hour, 0, grant)).toEqual({
        kind: "open",
        closesAt: grant.until,
      });
    expect(standingAt(closed, grant.until, 0, grant).kind).toBe("closed");
    expect(lookAgainAt(closed, friday - 2 * hour, 0, grant)).toBe(grant.until);
  });

  it("stays open past its end by somebody's word, and never closes earlier for it", () => {
    const cutoff = open.cutoffAt ?? 0;
    const longer = { until: cutoff + hour };
    const closing = (grant: { until: number }) =>
      standingAt(open, friday, 0, grant);
    expect(closing(longer)).toEqual({ kind: "open", closesAt: longer.until });
    expect(closing({ until: friday + 1 })).toEqual(standingAt(open, friday, 0));
  });

  it("tells why it is closed, and when it opens", () => {
    expect(standingAt(closed, friday - day, 0)).toEqual({
      kind: "closed",
      reason: "outside of every window of nights",
      opensAt: friday,
    });
  });

  it("is closed by an answer that has run out, whatever that said", () => {
    for (const said of [open, closed]) {
      const end = said.nextChange ?? 0;
      expect(isOutdated(said, end)).toBe(true);
      expect(standingAt(said, end, 0)).toMatchObject({ kind: "closed" });
    }
  });

  it("is asked about again a week and a day before it opens", () => {
    const looks = (now: number) => lookAgainAt(closed, now, 0);
    expect(looks(friday - 10 * day)).toBe(friday - 7 * day);
    expect(looks(friday - 7 * day)).toBe(friday - day);
    expect(looks(friday - hour)).toBe(friday);
    const week = friday - 7 * day;
    expect(mustAsk(closed, week - day, week - 1)).toBe(false);
    expect(mustAsk(closed, week - day, week)).toBe(true);
    expect(mustAsk(closed, week, week + hour)).toBe(false);
    expect(mustAsk(closed, week, friday - day)).toBe(true);
    expect(mustAsk(closed, friday - day, friday)).toBe(true);
    expect(mustAsk(open, week, friday + hour)).toBe(false);
  });

  it("without any end is open until somebody says otherwise", () => {
    const always: Said = { open: true, reasons: [] };
    expect(standingAt(always, friday, day)).toEqual({ kind: "open" });
    expect(lookAgainAt(always, friday, day)).toBeUndefined();
  });

  it("changes its mind at no instant that nobody looks at", () => {
    const minute = 60_000;
    const instants = fc.integer({ min: -20 * 1_440, max: 20 * 1_440 });
    fc.assert(
      fc.property(
        fc.constantFrom(open, closed),
        instants,
        instants,
        fc.integer({ min: 0, max: 600 }),
        (said, a, b, need) => {
          const now = friday + Math.min(a, b) * minute;
          const later = friday + Math.max(a, b) * minute;
          const needMs = need * minute;
          const next = lookAgainAt(said, now, needMs);
          if (next !== undefined && later >= next) return;
          const before = standingAt(said, now, needMs).kind;
          expect(standingAt(said, later, needMs).kind).toBe(before);
        },
      ),
    );
  });
});

describe("a visit under way", () => {
  const stepwise: Said = { ...open, atClose: "finish-step-and-park" };
  const until = open.until ?? 0;

  it("stops at the end of its window where the calendar says so", () => {
    expect(stopAfterOf(stepwise)).toBe(until);
    expect(stopAfterOf(open)).toBeUndefined();
    expect(stopAfterOf({ ...open, atClose: "ask" })).toBeUndefined();
    expect(stopAfterOf(undefined)).toBeUndefined();
  });

  it("goes to its end where people let work start up to that of the window, or beyond", () => {
    expect(stopAfterOf(stepwise, { until })).toBeUndefined();
    expect(stopAfterOf(stepwise, { until: until - 1 })).toBe(until);
  });
});
