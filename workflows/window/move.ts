/** Whether the window that people were told of still comes when they were told. Pure; instants in epoch milliseconds. */

import type { Question } from "../gate/gate";
import { oneLine } from "../one-line";
import { reasonsInWords, type Said, type Standing } from "./standing";

export const movedGate = "window-moved";

export interface Move {
  /** When it was to open. */
  readonly from: number;
  /** When it opens instead; absent when no window is known any more. */
  readonly to?: number;
  /** Why not then, by the calendars as they are now. */
  readonly why: string;
}

/** What people know of the window that a run waits for. */
export interface Told {
  /** When it opens; absent while it is open, and where none was known. */
  readonly opens?: number | undefined;
  /** It comes at another time, which nobody has approved yet. */
  readonly move?: Move | undefined;
}

export interface Seen {
  readonly now: number;
  /** By the calendars alone. */
  readonly standing: Standing;
  readonly said: Said;
}

/** A window that is seen so late may have been another one. */
const lateMs = 60_000;

/** Whether the calendars must be asked about the instant that people were told of: only they know whether it still holds. */
export function mustLookBack({ opens, move }: Told, seen: Seen): boolean {
  if (opens === undefined) return false;
  const { now, standing, said } = seen;
  const isDue = opens <= now;
  if (isDue && said.open && now - opens <= lateMs && move === undefined)
    return false;
  if (isTo(move, seen)) return false;
  return standing.kind === "open" || said.nextOpen !== opens;
}

/**
 * What people know now, after an answer of the calendars.
 *
 * @param then their answer about the instant that people were told of, where it was asked
 */
export function followed(told: Told, seen: Seen, then?: Said): Told {
  const { opens, move } = told;
  const { now, standing, said } = seen;
  const isOpen = standing.kind === "open";
  const asIs: Told = isOpen ? {} : { opens: said.nextOpen };
  if (opens === undefined) return asIs;
  if (then === undefined) {
    if (isTo(move, seen)) return told;
    return asIs;
  }
  // It came, and this is it, or it has gone by.
  if (opens <= now && then.open) return asIs;
  const to = isOpen ? now : said.nextOpen;
  return {
    opens,
    move: {
      from: opens,
      ...(to === undefined ? {} : { to }),
      why: then.open
        ? "open then, too, but it opens before that"
        : reasonsInWords(then),
    },
  };
}

/** The move that people are being asked about still holds. */
function isTo(move: Move | undefined, { now, standing, said }: Seen): boolean {
  if (move === undefined) return false;
  return standing.kind === "open"
    ? move.to !== undefined && move.to <= now
    : move.to === said.nextOpen;
}

export const isSameMove = (a: Move | undefined, b: Move | undefined): boolean =>
  a?.from === b?.from && a?.to === b?.to;

/** Somebody has approved: people wait for the new instant now. */
export const approved = ({ to }: Move, now: number): Told =>
  to === undefined || to <= now ? {} : { opens: to };

/** A run whose window has moved is held, whatever is open. */
export const heldBy = (move: Move): Standing => ({
  kind: "closed",
  reason: moveInWords(move),
  gate: movedGate,
  ...(move.to === undefined ? {} : { opensAt: move.to }),
});

export function moveInWords({ from, to, why }: Move): string {
  const then = to === undefined ? "not at all" : `at ${time(to)}`;
  return `the window of ${time(from)} has moved: it opens ${then} (${oneLine(why)})`;
}

export const moveQuestion = (move: Move): Pick<Question, "id" | "title"> => ({
  id: movedGate,
  title: `${moveInWords(move)}. ${move.to === undefined ? "Wait for whichever window comes?" : "Go on then?"}`,
});

const time = (at: number): string => new Date(at).toISOString();
