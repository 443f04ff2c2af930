import type { AtClose } from "../../../activities/calendar/port";
import {
  type AtHand,
  closeQuestion,
  closingOf,
} from "../../../workflows/window/closing";

const half: AtHand = {
  ...{ inWork: 2, left: 12, isTouched: true },
  ...{ canUndo: true, isPlanDone: false },
};
const closing = (atClose: AtClose | undefined, over: Partial<AtHand> = {}) =>
  closingOf(atClose, { ...half, ...over });

describe("a window that closes with hosts left", () => {
  it("parks the run, unless its calendar wants something else", () => {
    for (const atClose of [
      undefined,
      "finish-batch-and-park",
      "finish-step-and-park",
    ] as const)
      expect(closing(atClose)).toEqual({ kind: "park" });
  });

  it("has people asked, or turns the run back", () => {
    expect(closing("ask")).toEqual({ kind: "ask" });
    expect(closing("abort-with-rollback")).toEqual({ kind: "turn back" });
  });

  it("only parks a run that has touched nothing yet, and says so", () => {
    for (const atClose of ["ask", "abort-with-rollback"] as const)
      expect(closing(atClose, { isTouched: false })).toMatchObject({
        kind: "park",
        because: expect.stringContaining("no host was touched yet"),
      });
  });

  it("turns nothing back that has no way back, and says so", () => {
    expect(closing("abort-with-rollback", { canUndo: false })).toEqual({
      kind: "park",
      because: "not turned back at the close: the component has no step `undo`",
    });
    expect(closing("ask", { canUndo: false })).toEqual({ kind: "ask" });
  });

  it("does not turn a whole fleet back for hosts that appeared after it was done", () => {
    expect(closing("abort-with-rollback", { isPlanDone: true })).toMatchObject({
      kind: "park",
      because: expect.stringContaining("the hosts of the plan are done"),
    });
  });

  it("is asked about with what is in work, what is left, and when the next one opens", () => {
    expect(closeQuestion(half, Date.UTC(2026, 10, 28, 20))).toBe(
      "the window has closed with 2 in work and 12 hosts left; the next window opens at 2026-11-28T20:00:00.000Z: what now?",
    );
    expect(closeQuestion({ inWork: 0, left: 1 }, undefined)).toBe(
      "the window has closed with 0 in work and 1 host left; no later window is known: what now?",
    );
  });
});

describe("a window that closes when no host is left", () => {
  it("asks nobody and turns nothing back, whatever its calendar says", () => {
    for (const atClose of ["ask", "abort-with-rollback"] as const)
      expect(closing(atClose, { left: 0 })).toEqual({ kind: "park" });
  });
});
