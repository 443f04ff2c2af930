import type { CalendarState } from "../../activities/calendar/port";
import type { Upcoming } from "../../activities/calendar/upcoming";
import type { Window } from "../../activities/calendar/windows";
import { wallAt, wallText } from "../../activities/calendar/zones";
import { durationText } from "../output";

const WEEKDAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"] as const;

/** `2026-11-02T20:00Z` */
export const utcText = (instant: number): string => `${wallText(instant)}Z`;

/** `Mon 2026-11-02 22:00`, by the clocks of a zone. */
export function localText(instant: number, zone: string): string {
  const wall = wallAt(instant, zone);
  const day = WEEKDAYS[new Date(wall).getUTCDay()] ?? "";
  return `${day} ${wallText(wall).replace("T", " ")}`;
}

/** A window or a skipped one on a terminal, and below it why it is not as usual. */
export function upcomingWords(one: Upcoming, zone: string): string[] {
  if (one.kind === "skipped")
    return [
      `skipped: ${utcText(one.at)}  ${localText(one.at, zone)}`,
      ...one.why.map((why) => `  ${why}`),
    ];
  const { window, shortened, warnings } = one;
  return [
    windowLine(window, zone),
    ...shortened.map((why) => `  shortened: ${why}`),
    ...warnings.map((warning) => `  warning: ${warning}`),
  ];
}

function windowLine({ start, end, cutoffAt }: Window, zone: string): string {
  const side = (instant: number, text: (one: number) => string, far: string) =>
    Number.isFinite(instant) ? text(instant) : far;
  const local = (instant: number): string => localText(instant, zone);
  const utc = `${side(start, utcText, "open before")} to ${side(end, utcText, "no end in sight")}`;
  const clocks = `${side(start, local, "...")} to ${side(end, local, "...")}`;
  const length = Number.isFinite(end - start)
    ? `  ${durationText(end - start)}`
    : "";
  const cutoff =
    cutoffAt < end && Number.isFinite(end)
      ? `; nothing new from ${local(cutoffAt)} on`
      : "";
  return `${utc}  ${clocks}${length}${cutoff}`;
}

/** The same for scripts: instants in ISO 8601, what is not known left out. */
export function upcomingDocument(one: Upcoming, zone: string): object {
  if (one.kind === "skipped")
    return {
      kind: one.kind,
      start: iso(one.at),
      local: { start: localText(one.at, zone) },
      why: one.why,
    };
  const { kind, window, shortened, warnings } = one;
  const { start, end, cutoffAt } = window;
  return {
    kind,
    start: iso(start),
    end: iso(end),
    cutoffAt: iso(cutoffAt),
    local: {
      start: Number.isFinite(start) ? localText(start, zone) : undefined,
      end: Number.isFinite(end) ? localText(end, zone) : undefined,
    },
    durationMs: Number.isFinite(end - start) ? end - start : undefined,
    shortened,
    warnings,
  };
}

const iso = (instant: number): string | undefined =>
  Number.isFinite(instant) ? new Date(instant).toISOString() : undefined;

/** How a state reads on a terminal. */
export function stateWords(
  { open, until, cutoffAt, nextOpen, reasons, atClose, digest }: CalendarState,
  { what, zone }: { readonly what: string; readonly zone: string },
): string[] {
  const both = (instant: number): string =>
    `${utcText(instant)}  ${localText(instant, zone)} (${zone})`;
  const line = (title: string, instant: number | undefined): string[] =>
    instant === undefined ? [] : [`${title.padEnd(18)}${both(instant)}`];
  return [
    `${what}: ${open ? "open" : "closed"}`,
    ...reasons.map(({ calendar, text }) =>
      calendar === undefined ? `  ${text}` : `  ${calendar}: ${text}`,
    ),
    ...line("closes", until),
    ...line("nothing new from", cutoffAt === until ? undefined : cutoffAt),
    ...line(open ? "opens again" : "opens", nextOpen),
    ...(atClose === undefined
      ? []
      : [`${"at its close".padEnd(18)}${atClose}`]),
    `${"digest".padEnd(18)}${digest}`,
  ];
}
