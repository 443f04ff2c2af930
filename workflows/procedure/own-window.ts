import type { Desk } from "../gate/desk";
import { type PackedWindow, Window } from "../window/window";
import { calendarState } from "./calls";
import type { Core } from "./core";
import { isOver, type Turn } from "./state";

interface WindowParts {
  readonly core: Core;
  readonly desk: Desk;
  readonly digest: string;
  readonly gateExpiresMs: number;
  readonly carried: PackedWindow | undefined;
  readonly changed: () => void;
  readonly turn: (course: Turn) => void;
}

/** When disruptive steps may start; what each of them needs is asked when it comes to it. */
export function openWindow({ core, turn, ...parts }: WindowParts): Window {
  const { desk, digest, gateExpiresMs, carried, changed } = parts;
  return new Window({
    ...{ desk, digest, gateExpiresMs, carried, needMs: 0 },
    isWanted: () => core.state.course.kind === "forward" && !isOver(core.state),
    deny: (by) => {
      const reason = "it does not go on in a window that has moved";
      turn({ kind: "aborted", by, reason, at: Date.now() });
    },
    ask: calendarState,
    heard: () => Promise.resolve(),
    onChange: changed,
    note: (text) => core.note(text),
  });
}

/** By the calendars: those that nobody can read close no window, and only hold what is to start. */
export function isClosed(window: Window | undefined): boolean {
  const judged = window?.judged(Date.now());
  return judged?.standing.kind === "closed" && !judged.said.open;
}
