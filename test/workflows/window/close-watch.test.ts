import type { AtClose } from "../../../activities/calendar/port";
import type { AtHand } from "../../../workflows/window/closing";
import {
  CloseWatch,
  type WatchedClose,
} from "../../../workflows/window/close-watch";
import type { Judged } from "../../../workflows/window/window";
import { friday, hour, saidAt } from "./evenings";

const half: AtHand = {
  ...{ inWork: 0, left: 3, isTouched: true },
  ...{ canUndo: true, isPlanDone: false },
};

/** A run whose window tells what the test says, and what came of it. */
function watching(atClose: AtClose, carried?: WatchedClose) {
  const done: string[] = [];
  const seen: { judged?: Judged; mayReopen: boolean } = { mayReopen: false };
  const watch = new CloseWatch({
    window: { judged: () => seen.judged },
    desk: {
      ask: ({ id, choices }) => {
        done.push(`${id}: ${choices.join(", ")}`);
        return new Promise(() => undefined);
      },
      amend: () => undefined,
      withdraw: (id) => done.push(`${id} withdrawn`),
    },
    ...{ digest: "d", gateExpiresMs: hour, carried },
    atHand: () => half,
    mayReopen: () => seen.mayReopen,
    end: (by) => done.push(by),
    note: () => undefined,
  });
  const look = (now: number): string[] => {
    const said = { ...saidAt(now), atClose };
    const standing = said.open
      ? ({ kind: "open" } as const)
      : ({ kind: "closed", reason: "outside" } as const);
    seen.judged = { said, standing };
    watch.look();
    return done;
  };
  return { look, watch, seen, done };
}

const closed = friday + 4 * hour;

describe("the close of a window", () => {
  it("is none for a run to which no window was open yet", () => {
    const { look } = watching("abort-with-rollback");
    expect(look(closed)).toEqual([]);
  });

  it("is obeyed once", () => {
    const { look } = watching("abort-with-rollback");
    look(friday);
    expect(look(closed)).toEqual(["rollback"]);
    expect(look(closed + 1)).toEqual(["rollback"]);
  });

  it("waits for calendars that nobody can read", () => {
    const { look, watch, seen, done } = watching("abort-with-rollback");
    look(friday);
    delete seen.judged;
    watch.look();
    expect(done).toEqual([]);
    expect(look(closed)).toEqual(["rollback"]);
  });

  it("waits while people are asked whether work may go on past it", () => {
    const { look, seen } = watching("abort-with-rollback");
    look(friday);
    seen.mayReopen = true;
    expect(look(closed)).toEqual([]);
    seen.mayReopen = false;
    expect(look(closed)).toEqual(["rollback"]);
  });

  it("is asked about until the next window opens, also by the next run of the chain", () => {
    const asked = "window-close: park, abort, rollback";
    const first = watching("ask");
    first.look(friday);
    expect(first.look(closed)).toEqual([asked]);
    const next = watching("ask", first.watch.watched);
    expect(next.look(closed + hour)).toEqual([asked]);
    expect(next.look(friday + 24 * hour)).toEqual([
      asked,
      "window-close withdrawn",
    ]);
  });
});
