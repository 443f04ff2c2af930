import {
  type Outlook,
  outlookInWords,
  outlookOf,
  type Speed,
} from "../../../workflows/window/outlook";
import type { Said } from "../../../workflows/window/standing";

const minute = 60_000;
const hour = 60 * minute;
const opens = Date.UTC(2026, 10, 27, 20);
const end = opens + 4 * hour;
const nextOpen = opens + 24 * hour;

const said: Said = {
  ...{ open: true, since: opens, until: end, cutoffAt: end, nextOpen },
  ...{ reasons: [], atClose: "finish-batch-and-park" },
};
const speed: Speed = {
  ...{ finishes: [], slots: 2, ramp: 2, hostMs: 10 * minute, soaksMs: 0 },
};
const left = (count: number) => ({
  inWork: 2,
  left: count - 2,
  isTouched: true,
});
const at = (
  now: number,
  count: number,
  over: Partial<Speed> = {},
  about: Partial<Said> = {},
): Outlook | undefined =>
  outlookOf({ ...said, ...about }, left(count), { ...speed, ...over }, now);

describe("the outlook of a window", () => {
  it("goes by what a host is expected to take, as long as few have finished", () => {
    const finishes = [opens + minute, opens + 2 * minute];
    expect(at(opens, 20, { finishes })).toMatchObject({
      ...{ left: 20, aboutMs: 100 * minute, fits: true },
    });
    expect(at(opens + 3 * hour, 20)).toMatchObject({ fits: false });
  });

  it("goes by the pace once there is one, whatever was expected", () => {
    const finishes = [0, 20, 40].map((m) => opens + m * minute);
    expect(at(opens + 40 * minute, 10, { finishes })).toMatchObject({
      ...{ aboutMs: 200 * minute, fits: true },
    });
    expect(at(opens + 41 * minute, 10, { finishes })).toMatchObject({
      fits: false,
    });
  });

  it("takes no pace from the window before, between which the run stood still", () => {
    const finishes = [1, 2, 3].map((h) => opens - h * hour).reverse();
    expect(at(opens, 4, { finishes })?.aboutMs).toBe(20 * minute);
  });

  it("counts soaks between the stages that are left", () => {
    const soaksMs = 3 * hour;
    expect(at(opens, 20, { soaksMs })).toMatchObject({ fits: false });
  });

  it("wants the last host to begin before the cutoff, though it would end before the end", () => {
    const cutoffAt = opens + hour;
    expect(at(opens, 12, {}, { cutoffAt })).toMatchObject({ fits: true });
    expect(at(opens, 20, {}, { cutoffAt })).toMatchObject({ fits: false });
  });

  it("knows nothing where nothing was measured, and says so", () => {
    const unknown = at(opens, 20, { hostMs: 0 });
    expect(unknown).not.toHaveProperty("fits");
    expect(unknown && outlookInWords(unknown)).toBe(
      "20 hosts left; nobody knows yet whether that fits before 2026-11-28T00:00:00.000Z",
    );
  });

  it("is none out of window, without an end, and when nothing is left to start", () => {
    expect(at(opens, 20, {}, { open: false })).toBeUndefined();
    const { until: _, ...endless } = said;
    expect(outlookOf(endless, left(9), speed, opens)).toBeUndefined();
    expect(at(opens, 2)).toBeUndefined();
  });

  it("goes up to what somebody has allowed past the end", () => {
    const overrun = {
      ...{ windowEnd: end, until: end + 40 * minute, end: end + hour },
      approvedBy: "ada",
    };
    const late = { ...said, open: false };
    const outlook = outlookOf(late, left(8), speed, end, overrun);
    expect(outlook).toMatchObject({ end: end + hour, fits: true });
    expect(outlook && outlookInWords(outlook)).toBe(
      "8 hosts left, about 40 min: fits before 2026-11-28T01:00:00.000Z, past the window's end by the word of ada",
    );
    const over = outlookOf(late, left(8), speed, end + hour, overrun);
    expect(over).toBeUndefined();
  });
});

describe("what is said when the rest does not fit", () => {
  const words = (about: Partial<Said>): string => {
    const outlook = at(opens + 3 * hour, 20, {}, about);
    return outlook === undefined ? "" : outlookInWords(outlook);
  };
  const start =
    "20 hosts left, about 1 h 40 min: does not fit before 2026-11-28T00:00:00.000Z; ";

  it("is when it goes on, or what its calendar does at the close", () => {
    expect(words({})).toBe(
      `${start}the rest goes on at 2026-11-28T20:00:00.000Z`,
    );
    expect(words({ atClose: "ask" })).toBe(
      `${start}at the close people are asked what becomes of the rest`,
    );
    expect(words({ atClose: "abort-with-rollback" })).toBe(
      `${start}at the close every touched host is taken back`,
    );
  });
});
