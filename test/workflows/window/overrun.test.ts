import type { Outlook } from "../../../workflows/window/outlook";
import { mustAskForOverrun, offerOf } from "../../../workflows/window/overrun";
import {
  lookAgainAt,
  overrunAskedAt,
  type Said,
} from "../../../workflows/window/standing";

const minute = 60_000;
const hour = 60 * minute;
const opens = Date.UTC(2026, 10, 27, 20);
const end = opens + 5 * hour;
const overrun = { by: ["on-call"], mostMs: hour, noticeMs: 30 * minute };
const said: Said = {
  ...{ open: true, since: opens, until: end, cutoffAt: end, reasons: [] },
  ...{ nextChange: end, overrun },
};
const needMs = 10 * minute;
const offer = offerOf(said, needMs);

const asks = (now: number, fits?: boolean): boolean => {
  if (offer === undefined) throw new Error("no offer");
  const outlook: Outlook = {
    left: 4,
    end,
    ...(fits !== undefined && { fits }),
  };
  return mustAskForOverrun(said, offer, outlook, now);
};

describe("what calendars allow past the end of a window", () => {
  it("is work that is over by then, its way back included", () => {
    expect(offer).toEqual({
      ...{ by: ["on-call"], windowEnd: end, end: end + hour },
      answerBy: end - 30 * minute,
      until: end + 50 * minute,
    });
  });

  it("is nothing where one that closes there does not allow it, or no window is open", () => {
    const { overrun: _, ...strict } = said;
    expect(offerOf(strict, needMs)).toBeUndefined();
    expect(offerOf({ ...said, open: false }, needMs)).toBeUndefined();
  });

  it("is nothing where nothing would be won by it", () => {
    const short = { ...said, overrun: { ...overrun, mostMs: 0 } };
    expect(offerOf(short, needMs)).toBeUndefined();
  });
});

describe("people are asked whether work may go on past the end", () => {
  it("as soon as the forecast shows that the rest does not fit", () => {
    expect(asks(opens, false)).toBe(true);
    expect(asks(opens, true)).toBe(false);
  });

  it("without a forecast a tenth of the window before it must have been said", () => {
    const latest = end - hour;
    expect(overrunAskedAt(said)).toBe(latest);
    expect(asks(latest - 1)).toBe(false);
    expect(asks(latest)).toBe(true);
  });

  it("not when it is too late to say so, whatever the forecast", () => {
    const last = end - 30 * minute;
    expect(asks(last - 1, false)).toBe(true);
    expect(asks(last, false)).toBe(false);
    expect(asks(last)).toBe(false);
  });

  it("so the window is looked at at the latest moment to ask", () => {
    expect(lookAgainAt(said, opens, needMs)).toBe(end - hour);
  });
});
