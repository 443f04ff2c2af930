import {
  type Override,
  overrideInWords,
  overrideQuestion,
  whyNoOverride,
  wishOf,
} from "../../../workflows/window/override";
import type { Standing } from "../../../workflows/window/standing";

const now = Date.UTC(2026, 10, 26, 12);
const hour = 3_600_000;
const reason = "nights: outside of its windows";
const closed: Standing = { kind: "closed", reason, opensAt: now + 10 * hour };
const said = { by: "ada", reason: "the hole is being used", hours: 1.5 };
const wish = wishOf(said, now);
const granted: Override = { ...wish, approvedBy: "ben" };

describe("an override of a closed window", () => {
  const why = (over: Partial<Parameters<typeof whyNoOverride>[0]> = {}) =>
    whyNoOverride({
      ...{ standing: closed, isAsked: false, granted: undefined },
      ...over,
    });

  it("can be asked for while the window is closed", () => {
    expect(why()).toBeUndefined();
  });

  it.each([
    [{ standing: undefined }, "keeps to no calendar"],
    [{ isAsked: true }, "gate window-override is open already"],
    [{ standing: { kind: "open" } as const }, "the run is in its window\n"],
    [
      { standing: { kind: "open", closesAt: now + hour } as const },
      "the run is in its window, until 2026-11-26T13:00:00Z\n",
    ],
    [
      { standing: { kind: "open" } as const, granted },
      "granted already, until 2026-11-26T13:30:00Z\n",
    ],
  ])("cannot be asked for where it would do nothing: %j", (over, words) => {
    expect(why(over)).toContain(words);
    expect(why(over)).toMatch(/^override: .*\nhint: .*[.]$/);
  });

  it("asks a second person, who sees who wants it, why, until when, what is closed and what still holds", () => {
    const question = overrideQuestion(wish, closed, 72 * hour);
    expect(question).toMatchObject({
      ...{ id: "window-override", choices: ["approve", "deny"] },
      ...{ explain: ["approve", "deny"], askedBy: "ada", once: true },
    });
    expect(question.title).toBe(
      "ada asks to work out of window until 2026-11-26T13:30:00Z: the hole is being used. Closed: nights: outside of its windows; the next window opens at 2026-11-26T22:00:00Z. This overrides calendars alone: freezes and locks still hold. May it?",
    );
  });

  it("is asked for no longer than it would last, nor longer than any gate", () => {
    const lasts = (gateMs: number) =>
      overrideQuestion(wish, closed, gateMs).expiresAfterMs;
    expect(lasts(72 * hour)).toBe(1.5 * hour);
    expect(lasts(hour)).toBe(hour);
  });

  it("is one line, whatever people wrote", () => {
    const odd = { ...granted, reason: "first\n# second" };
    expect(overrideInWords(odd)).toBe(
      "override of the window by ada, approved by ben until 2026-11-26T13:30:00Z: first # second",
    );
  });
});
