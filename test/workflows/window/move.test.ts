import fc from "fast-check";
import {
  approved,
  followed,
  heldBy,
  type Move,
  moveInWords,
  moveQuestion,
  mustLookBack,
  type Seen,
  type Told,
} from "../../../workflows/window/move";
import {
  byCalendars,
  type Said,
  standingAt,
} from "../../../workflows/window/standing";

const hour = 3_600_000;
const day = 24 * hour;
const friday = Date.UTC(2026, 10, 27, 20);
const saturday = friday + day;

const reasons = [
  { calendar: "nights", kind: "outside", text: "outside of its windows" },
] as const;
const closed = (nextOpen?: number): Said => ({
  open: false,
  ...(nextOpen === undefined ? {} : { nextOpen, nextChange: nextOpen }),
  reasons,
});
const open = (until: number, nextOpen = until + 17 * hour): Said => ({
  ...{ open: true, until, cutoffAt: until, nextChange: until },
  ...{ nextOpen, reasons: [] },
});
const seen = (now: number, said: Said, needMs = 0): Seen => ({
  ...{ now, said, standing: byCalendars(said, now, needMs) },
});
const told: Told = { opens: friday };
const later: Move = {
  ...{ from: friday, to: saturday },
  why: "nights: outside of its windows",
};

/** What is known after this answer; the calendars are asked about the told instant where that is wanted. */
function after(before: Told, look: Seen, then: Said = closed()): Told {
  return mustLookBack(before, look)
    ? followed(before, look, then)
    : followed(before, look);
}

describe("the window that people were told of", () => {
  const thursday = friday - day;

  it("is the first one that was named while the run waited", () => {
    expect(after({}, seen(thursday, closed(friday)))).toEqual(told);
    expect(after({}, seen(thursday, closed()))).toEqual({});
  });

  it("comes when it was said, and nobody is asked", () => {
    const look = seen(friday, open(friday + 7 * hour));
    expect(mustLookBack(told, look)).toBe(false);
    expect(after(told, look)).toEqual({});
  });

  it("is the next one once the window has closed", () => {
    const end = friday + 7 * hour;
    const look = seen(end, closed(saturday));
    expect(after({}, look)).toEqual({ opens: saturday });
    const pastCutoff = seen(end - hour, open(end, saturday), 2 * hour);
    expect(after({}, pastCutoff)).toEqual({ opens: saturday });
  });

  it("has moved when it opens later, earlier, at once, or not at all", () => {
    const move = (look: Seen, then?: Said) => after(told, look, then).move;
    expect(move(seen(thursday, closed(saturday)))).toEqual(later);
    expect(
      move(seen(thursday, closed(friday - hour)), open(friday + hour)),
    ).toEqual({
      ...{ from: friday, to: friday - hour },
      why: "open then, too, but it opens before that",
    });
    expect(move(seen(thursday, open(friday)))).toMatchObject({ to: thursday });
    expect(move(seen(thursday, closed()))).toEqual({
      ...{ from: friday, why: later.why },
    });
  });

  it("has moved when it turns out to be closed at the very instant", () => {
    const look = seen(friday, closed(saturday));
    expect(after(told, look)).toEqual({ opens: friday, move: later });
  });

  it("has gone by, and not moved, when nobody looked while it was open", () => {
    const look = seen(friday + 8 * hour, closed(saturday));
    const then = open(friday + 7 * hour);
    expect(after(told, look, then)).toEqual({ opens: saturday });
  });

  it("is another one when it is looked at late, and the told instant is closed", () => {
    const look = seen(saturday + hour, open(saturday + 7 * hour));
    expect(after(told, look, open(friday + 7 * hour))).toEqual({});
    expect(after(told, look)).toEqual({
      opens: friday,
      move: { ...later, to: saturday + hour },
    });
  });

  it("is not looked back at when it is open, though too short for the work", () => {
    const look = seen(friday, open(friday + hour, saturday), 2 * hour);
    expect(mustLookBack(told, look)).toBe(false);
    expect(after(told, look)).toEqual({ opens: saturday });
  });
});

describe("a window that has moved", () => {
  const pending: Told = { opens: friday, move: later };

  it("stays the same question while it waits, comes, and is open", () => {
    for (const [now, said] of [
      [friday - hour, closed(saturday)],
      [friday + hour, closed(saturday)],
      [saturday, open(saturday + 7 * hour)],
      [saturday + 2 * hour, open(saturday + 7 * hour)],
    ] as const) {
      expect(mustLookBack(pending, seen(now, said))).toBe(false);
      expect(after(pending, seen(now, said))).toBe(pending);
    }
  });

  it("is no question any more when it is back where it was", () => {
    const back = seen(friday - hour, closed(friday));
    expect(after(pending, back)).toEqual(told);
    const onTime = seen(friday, open(friday + 7 * hour));
    expect(after(pending, onTime, open(friday + 7 * hour))).toEqual({});
  });

  it("is another question when it moves once more, or passes unanswered", () => {
    const sunday = saturday + day;
    for (const now of [friday - hour, saturday + 8 * hour])
      expect(after(pending, seen(now, closed(sunday)))).toEqual({
        opens: friday,
        move: { ...later, to: sunday },
      });
  });

  it("is what people wait for once somebody has approved", () => {
    expect(approved(later, friday)).toEqual({ opens: saturday });
    expect(approved(later, saturday + hour)).toEqual({});
    const { to: _, ...gone } = later;
    expect(approved(gone, friday)).toEqual({});
  });

  it("holds the run though it is open, but for somebody's word", () => {
    const now = saturday + hour;
    const said = open(saturday + 7 * hour);
    const held = heldBy(later);
    expect(standingAt(said, now, 0, undefined, held)).toMatchObject({
      ...{ kind: "closed", gate: "window-moved", opensAt: saturday },
    });
    const grant = { until: now + 1 };
    expect(standingAt(said, now, 0, grant, held).kind).toBe("open");
  });

  it("is told from when to when, and why", () => {
    const words =
      "the window of 2026-11-27T20:00:00.000Z has moved: it opens at 2026-11-28T20:00:00.000Z (nights: outside of its windows)";
    expect(moveInWords(later)).toBe(words);
    expect(moveQuestion(later).title).toBe(`${words}. Go on then?`);
    const { to: _, ...gone } = later;
    expect(moveQuestion(gone).title).toMatch(
      /it opens not at all .*\. Wait for whichever window comes\?$/,
    );
  });
});

describe("whatever the calendars answer", () => {
  it("opens no other window than the one people were told of before somebody has approved", () => {
    const instants = fc.integer({ min: -48, max: 48 }).map((h) => h * hour);
    fc.assert(
      fc.property(instants, instants, fc.boolean(), (at, next, isOpen) => {
        const now = friday + at;
        const said = isOpen
          ? open(now + hour, now + 2 * hour)
          : closed(now + Math.abs(next) + hour);
        const { opens, move } = after(told, seen(now, said));
        const isAsTold = isOpen ? now === friday : said.nextOpen === friday;
        const isOnTime = isOpen && now >= friday && now - friday <= 60_000;
        expect(move === undefined).toBe(isAsTold || isOnTime);
        expect(opens).toBe(isOnTime ? undefined : friday);
      }),
    );
  });
});
