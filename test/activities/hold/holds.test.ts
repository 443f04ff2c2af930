import type { CalendarState } from "../../../activities/calendar/port";
import { calendarError } from "../../../activities/calendar/errors";
import type { Freeze } from "../../../activities/freeze/port";
import { SharedHolds } from "../../../activities/hold/holds";
import type { HoldQuestion } from "../../../activities/hold/port";

const hour = 3_600_000;
const friday = Date.UTC(2026, 10, 27, 20);

const open: CalendarState = {
  calendars: ["nights"],
  at: friday,
  open: true,
  until: friday + 7 * hour,
  cutoffAt: friday + 6 * hour,
  nextChange: friday + 6 * hour,
  nextOpen: friday + 24 * hour,
  reasons: [],
  missed: "skip-and-report",
  digest: "abc",
};
const closed: CalendarState = {
  ...open,
  open: false,
  nextChange: friday + 24 * hour,
  reasons: [
    { calendar: "nights", kind: "outside", text: "outside of its windows" },
  ],
};
const freeze: Freeze = {
  ...{ id: "freeze-1", scope: "all", by: "ada", reason: "peak sale" },
  at: friday,
};

/** What is asked of calendars and freezes, and how often. */
function holdsOver(
  said: {
    calendars?: (at: number) => CalendarState;
    freezes?: () => readonly Freeze[];
  } = {},
) {
  const asked = { calendars: 0, freezes: 0 };
  const clock = { ms: 0 };
  const { calendars = () => open, freezes = () => [] } = said;
  const holds = new SharedHolds(
    {
      calendarState: async ({ at }) => {
        asked.calendars++;
        return { ...calendars(at), at };
      },
      freezes: {
        holding: async () => {
          asked.freezes++;
          return freezes();
        },
      },
    },
    () => clock.ms,
  );
  const find = (over: Partial<HoldQuestion> = {}) =>
    holds.find({
      ...{ target: "prod", pool: "web", hostId: "web-1" },
      ...{ window: { needMs: 0 }, now: friday, ...over },
    });
  return { find, asked, clock };
}

describe("a visit", () => {
  it("may begin while its window is open and nothing is frozen", async () => {
    expect(await holdsOver().find()).toBeUndefined();
  });

  it("may not begin out of window, and hears why and when the next one opens", async () => {
    const { find } = holdsOver({ calendars: () => closed });
    expect(await find()).toMatchObject({
      type: "hold.outOfWindow",
      seen: "nights: outside of its windows; the next window opens at 2026-11-28T20:00:00.000Z",
    });
  });

  it("may not begin when it and its undo would not end within the window", async () => {
    const window = { needMs: 2 * hour };
    const { find } = holdsOver();
    const last = friday + 5 * hour;
    expect(await find({ window, now: last - 1 })).toBeUndefined();
    expect(await find({ window, now: last })).toMatchObject({
      type: "hold.outOfWindow",
      seen: expect.stringContaining("too soon for 7200 s of work and undo"),
    });
  });

  it("may begin out of window until people have said", async () => {
    const { find, asked } = holdsOver({ calendars: () => closed });
    const window = { needMs: 0, until: friday + hour };
    expect(await find({ window })).toBeUndefined();
    expect(asked.calendars).toBe(0);
    expect(await find({ window, now: friday + hour })).toMatchObject({
      type: "hold.outOfWindow",
    });
  });

  it("may not begin while the calendars cannot be read", async () => {
    const calendars = () => {
      throw calendarError("unknown", { seen: "no calendar nights" });
    };
    expect(await holdsOver({ calendars }).find()).toMatchObject({
      type: "hold.outOfWindow",
      seen: "the calendars cannot be read: no calendar nights (calendar.unknown)",
    });
  });

  it.each(["all", "prod", "prod/web", "prod/web/web-1"])(
    "may not begin under a freeze of %s",
    async (scope) => {
      const { find } = holdsOver({ freezes: () => [{ ...freeze, scope }] });
      expect(await find({ window: undefined })).toMatchObject({
        type: "hold.frozen",
        seen: expect.stringMatching(
          /frozen by ada until it is lifted: peak sale \(freeze-1\)/,
        ),
      });
    },
  );

  it.each(["prod/we", "prod/web/web-11", "prod/db", "test"])(
    "may begin under a freeze of %s, which is not its own",
    async (scope) => {
      const { find } = holdsOver({ freezes: () => [{ ...freeze, scope }] });
      expect(await find()).toBeUndefined();
    },
  );

  it("may begin once a freeze has ended by itself", async () => {
    const until = friday + hour;
    const { find } = holdsOver({ freezes: () => [{ ...freeze, until }] });
    expect(await find()).toMatchObject({
      seen: expect.stringContaining("until 2026-11-27T21:00:00.000Z"),
    });
    expect(await find({ now: until })).toBeUndefined();
  });

  it("is tried again where nobody tells what is frozen", async () => {
    const freezes = () => {
      throw new Error("no worker answers");
    };
    const { find } = holdsOver({ freezes });
    expect(await find()).toMatchObject({
      ...{ type: "hold.freezesUnknown", failureClass: "retry" },
      seen: "nobody tells what is frozen: no worker answers",
    });
  });
});

describe("fifty visits at once", () => {
  it("ask once", async () => {
    const { find, asked, clock } = holdsOver();
    await Promise.all(Array.from({ length: 50 }, () => find()));
    clock.ms = 2_499;
    await find();
    expect(asked).toEqual({ calendars: 1, freezes: 1 });
    clock.ms = 60_000;
    await Promise.all(Array.from({ length: 50 }, () => find()));
    expect(asked).toEqual({ calendars: 2, freezes: 2 });
  });

  it("wait for nobody while an answer is younger than five seconds, and have the next one fetched", async () => {
    let set: readonly Freeze[] = [];
    let tell = (): void => undefined;
    const told = new Promise<void>((resolve) => (tell = resolve));
    let isSlow = false;
    const asked = { freezes: 0 };
    const clock = { ms: 0 };
    const holding = async () => {
      asked.freezes++;
      if (isSlow) await told;
      return set;
    };
    const sources = { calendarState: async () => open, freezes: { holding } };
    const holds = new SharedHolds(sources, () => clock.ms);
    const host = { target: "prod", pool: "web", hostId: "web-1", now: friday };
    await holds.find(host);
    [isSlow, set, clock.ms] = [true, [freeze], 4_999];
    const all = Array.from({ length: 50 }, () => holds.find(host));
    expect(new Set(await Promise.all(all))).toEqual(new Set([undefined]));
    expect(asked.freezes).toBe(2);
    clock.ms = 5_000;
    const late = holds.find(host);
    tell();
    expect(await late).toMatchObject({ type: "hold.frozen" });
    expect(asked.freezes).toBe(2);
  });

  it("are not kept from asking by a question in between that failed", async () => {
    let isAway = false;
    const { find, asked, clock } = holdsOver({
      freezes: () => {
        if (isAway) throw new Error("away");
        return [];
      },
    });
    await find();
    [isAway, clock.ms] = [true, 4_000];
    expect(await find()).toBeUndefined();
    [isAway, clock.ms] = [false, 5_000];
    expect(await find()).toBeUndefined();
    expect(asked.freezes).toBe(3);
  });

  it("ask once more when what was said has ended meanwhile", async () => {
    const { find, asked } = holdsOver({
      calendars: (at) => (at < friday + 6 * hour ? open : closed),
    });
    await find();
    const late = { now: friday + 6 * hour };
    const ends = await Promise.all(
      Array.from({ length: 50 }, () => find(late)),
    );
    expect(asked.calendars).toBe(2);
    expect(new Set(ends.map((end) => end?.type))).toEqual(
      new Set(["hold.outOfWindow"]),
    );
  });

  it("ask no calendar on a target that keeps to none", async () => {
    const { find, asked } = holdsOver();
    await find({ window: undefined });
    expect(asked).toEqual({ calendars: 0, freezes: 1 });
  });

  it("share nothing over targets", async () => {
    const { find, asked } = holdsOver();
    await Promise.all([find(), find({ target: "test" })]);
    expect(asked).toEqual({ calendars: 2, freezes: 2 });
  });
});

describe("an answer", () => {
  it("that held somebody is not kept, so that whoever comes back hears what holds now", async () => {
    let set = [freeze];
    const { find } = holdsOver({ freezes: () => set });
    expect(await find()).toMatchObject({ type: "hold.frozen" });
    set = [];
    expect(await find()).toBeUndefined();
  });

  it("that was closed is not kept either, for calendars are edited", async () => {
    let said = closed;
    const { find } = holdsOver({ calendars: () => said });
    expect(await find()).toMatchObject({ type: "hold.outOfWindow" });
    said = open;
    expect(await find()).toBeUndefined();
  });

  it("that could not be had is asked for again", async () => {
    let isAway = true;
    const { find, asked } = holdsOver({
      freezes: () => {
        if (isAway) throw new Error("away");
        return [];
      },
    });
    await Promise.all([find(), find()]);
    isAway = false;
    expect(await find()).toBeUndefined();
    expect(asked.freezes).toBe(2);
  });
});
