import { MissedWatch } from "../../../workflows/window/missed-watch";
import type { Said } from "../../../workflows/window/standing";
import { friday, hour, saidAt } from "./evenings";

const day = 24 * hour;
const opened = friday + 1;
const afterIt = friday + 5 * hour;
const inTheNext = friday + day + hour;

/** What becomes of a run that was opened on Friday evening, when its first answer comes so late. */
async function firstAnswer(
  now: number,
  {
    isScheduled = true,
    missed = "skip-and-report",
    ask = (at: number): Promise<Said> => Promise.resolve(saidAt(at)),
  }: {
    isScheduled?: boolean;
    missed?: "skip-and-report" | "run-if-still-open";
    ask?: (at: number) => Promise<Said>;
  } = {},
): Promise<{ notes: string[]; hasEnded: boolean }> {
  const notes: string[] = [];
  let hasEnded = false;
  const watch = new MissedWatch({
    window: { judged: () => undefined, begunAt: undefined },
    ...{ openedAt: opened, isScheduled, ask },
    inWork: () => 0,
    mayReopen: () => false,
    heldBy: () => "",
    note: (text) => notes.push(text),
    end: () => (hasEnded = true),
  });
  await watch.heard({ ...saidAt(now), missed }, now);
  return { notes, hasEnded };
}

const passed = (since: number): string =>
  `the window of ${new Date(since).toISOString()} passed, and nothing could start: no worker looked at it, or the calendars could not be read`;

describe("a run whose window passed while no worker looked", () => {
  it("tells so, and ends if a Schedule opened it", async () => {
    expect(await firstAnswer(afterIt)).toEqual({
      ...{ notes: [passed(friday)], hasEnded: true },
    });
  });

  it("waits for the next one if a person started it, and tells of each that passed", async () => {
    const isScheduled = false;
    const later = friday + 2 * day + 5 * hour;
    expect(await firstAnswer(later, { isScheduled })).toEqual({
      notes: [0, 1, 2].map((n) => passed(friday + n * day)),
      hasEnded: false,
    });
  });

  it("works in another one that is open only if its calendars say run-if-still-open", async () => {
    const late = await firstAnswer(inTheNext);
    expect(late).toEqual({ notes: [passed(friday)], hasEnded: true });
    const missed = "run-if-still-open";
    const still = await firstAnswer(inTheNext, { missed });
    expect(still).toEqual({ notes: [passed(friday)], hasEnded: false });
    expect(await firstAnswer(afterIt, { missed })).toMatchObject({
      hasEnded: true,
    });
  });

  it("is not late in its own window, as long as that is open", async () => {
    const inTime = await firstAnswer(friday + 3 * hour);
    expect(inTime).toEqual({ notes: [], hasEnded: false });
  });

  it("goes on and says so when the calendars cannot tell", async () => {
    const ask = (): Promise<Said> => Promise.reject(new Error("no file"));
    expect(await firstAnswer(afterIt, { ask })).toEqual({
      notes: [
        `nobody knows which windows passed since ${new Date(opened).toISOString()}: the calendars could not be asked`,
      ],
      hasEnded: false,
    });
  });
});

describe("a window whose move nobody has approved yet", () => {
  it("is missed when it is over, and not while somebody may still approve it", () => {
    const notes: string[] = [];
    let now = friday;
    jest.useFakeTimers({ now: friday });
    const standing = { kind: "closed", reason: "it has moved" } as const;
    const watch = new MissedWatch({
      window: {
        judged: () => ({
          said: saidAt(now),
          standing,
          isHeld: saidAt(now).open,
        }),
        begunAt: undefined,
      },
      ...{ openedAt: opened, isScheduled: true },
      ask: (at) => Promise.resolve(saidAt(at)),
      inWork: () => 0,
      mayReopen: () => false,
      heldBy: () => "nobody had answered window-moved",
      note: (text) => notes.push(text),
      end: () => notes.push("ended"),
    });
    watch.look();
    expect(notes).toEqual([]);
    now = afterIt;
    watch.look();
    jest.useRealTimers();
    expect(notes).toEqual([
      "the window of 2026-11-27T20:00:00.000Z passed, and nothing could start: nobody had answered window-moved",
      "ended",
    ]);
  });
});
