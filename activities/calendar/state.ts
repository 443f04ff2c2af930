import { digestOf } from "./digest";
import { instantText } from "./durations";
import type {
  AtClose,
  CalendarQuestion,
  CalendarReason,
  CalendarState,
  Overrun,
} from "./port";
import { holds } from "./spans";
import { overrunOf } from "./overrun";
import {
  type Calendar,
  longest,
  type Schedule,
  scheduleOf,
  type Timetable,
  type Window,
} from "./windows";

const DAY_MS = 86_400_000;

/** How far ahead a question looks. */
export const HORIZON_DAYS = 400;

/** Looked at first: most calendars open within weeks, and the rest of the horizon costs ten times as much. */
const NEAR_DAYS = 35;

/** From the mildest to the strictest, which counts where several calendars close at once. */
const atCloses: readonly AtClose[] = [
  "finish-batch-and-park",
  "finish-step-and-park",
  "ask",
  "abort-with-rollback",
];

/** Whether work may start at an instant; see port.ts for each field. Depends on no clock and on no zone of the process. */
export function stateOf(
  calendars: readonly Calendar[],
  { at, digestOver }: Pick<CalendarQuestion, "at" | "digestOver">,
): CalendarState {
  const { schedule, now, next } = lookAhead(calendars, at);
  const reasons = [
    ...(now === undefined
      ? whyClosed(schedule, calendars, at)
      : whyNoStart(now, at)),
    ...(now === undefined && next === undefined ? [noOpening] : []),
  ];
  const change = now === undefined ? next?.start : nextChange(now, at);
  return {
    calendars: calendars.map(({ name }) => name),
    at,
    open: now !== undefined,
    ...finite("since", now?.start),
    ...finite("until", now?.end),
    ...finite("cutoffAt", now?.cutoffAt),
    ...finite("nextOpen", next?.start),
    ...finite("nextChange", change),
    reasons,
    ...closePolicy(schedule, now ?? next),
    missed: canRunLate(calendars) ? "run-if-still-open" : "skip-and-report",
    digest: digestOf(
      calendars,
      digestOver ?? { from: at, to: at + HORIZON_DAYS * DAY_MS },
    ),
  };
}

interface Ahead {
  readonly schedule: Schedule;
  readonly now?: Window;
  readonly next?: Window;
}

function lookAhead(calendars: readonly Calendar[], at: number): Ahead {
  const look = (days: number): Ahead => {
    const end = at + days * DAY_MS;
    const schedule = scheduleOf(calendars, { start: at, end });
    const now = schedule.windows.find((window) => holds(window, at));
    const next = schedule.windows.find(({ start }) => start > at);
    return {
      schedule,
      ...(now === undefined ? {} : { now }),
      ...(next === undefined ? {} : { next }),
    };
  };
  const near = look(NEAR_DAYS);
  const isKnown =
    near.now?.end !== Infinity && (near.next?.end ?? Infinity) !== Infinity;
  return isKnown ? near : look(HORIZON_DAYS);
}

function nextChange({ cutoffAt, end }: Window, at: number): number {
  return at < cutoffAt ? cutoffAt : end;
}

const noOpening: CalendarReason = {
  kind: "noOpening",
  text: `opens at no time in the next ${HORIZON_DAYS} days`,
};

function whyNoStart({ cutoffAt, end }: Window, at: number): CalendarReason[] {
  if (at < cutoffAt) return [];
  const text = `the window closes at ${instantText(end)}, and from ${instantText(cutoffAt)} on nothing new starts`;
  return [{ kind: "pastCutoff", text }];
}

function whyClosed(
  { timetables, tooShort }: Schedule,
  calendars: readonly Calendar[],
  at: number,
): CalendarReason[] {
  const reasons = timetables.flatMap((timetable) => whyOne(timetable, at));
  if (reasons.length > 0) return reasons;
  const short = tooShort.find((window) => holds(window, at));
  if (short === undefined) return [];
  return [{ kind: "tooShort", text: tooShortText(short, calendars) }];
}

/** What is too short about a window. */
export function tooShortText(
  { start, end }: Window,
  calendars: readonly Calendar[],
): string {
  const minutes = (ms: number): string => `${Math.round(ms / 60_000)} min`;
  const needed = longest(calendars, "cutoff") + longest(calendars, "minUseful");
  return `${minutes(end - start)} from ${instantText(start)} are too short: cutoff and minUseful take ${minutes(needed)}`;
}

function whyOne(
  { calendar: { name, document }, ruled, exclusions }: Timetable,
  at: number,
): CalendarReason[] {
  const excluded = exclusions
    .filter((span) => holds(span, at))
    .map(({ why, end }): CalendarReason => ({
      calendar: name,
      kind: "excluded",
      text: `excluded by ${why} until ${instantText(end)}`,
    }));
  if (ruled.some((span) => holds(span, at))) return excluded;
  const reason: CalendarReason =
    document.default === "closed"
      ? { calendar: name, kind: "outside", text: "outside of its windows" }
      : { calendar: name, kind: "blackout", text: "within its blackout" };
  return [reason, ...excluded];
}

function closePolicy(
  { timetables }: Schedule,
  window: Window | undefined,
): { readonly atClose?: AtClose; readonly overrun?: Overrun } {
  if (window === undefined || window.end === Infinity) return {};
  const closing = timetables.filter(({ open }) =>
    open.some(({ end }) => end === window.end),
  );
  const strictest = Math.max(
    ...closing.map(({ calendar }) =>
      atCloses.indexOf(calendar.document.atClose),
    ),
  );
  const atClose = atCloses[strictest];
  const overrun = overrunOf(timetables, window.end);
  return {
    ...(atClose === undefined ? {} : { atClose }),
    ...(overrun === undefined ? {} : { overrun }),
  };
}

/** A blackout has no windows to miss. */
function canRunLate(calendars: readonly Calendar[]): boolean {
  const opening = calendars.filter(
    ({ document }) => document.default === "closed",
  );
  return (
    opening.length > 0 &&
    opening.every(({ document }) => document.missed === "run-if-still-open")
  );
}

function finite<Key extends string>(
  key: Key,
  value: number | undefined,
): Partial<Record<Key, number>> {
  return value === undefined || !Number.isFinite(value)
    ? {}
    : ({ [key]: value } as Record<Key, number>);
}
