import { oddities } from "./oddities";
import { common, holds, overlaps, type Span } from "./spans";
import { HORIZON_DAYS, tooShortText } from "./state";
import {
  type Calendar,
  type Schedule,
  scheduleOf,
  type Timetable,
  type Window,
} from "./windows";

/** A window to come, or one that the first calendar means and that does not take place. */
export type Upcoming =
  | {
      readonly kind: "window";
      readonly window: Window;
      /** What takes a part of it away. */
      readonly shortened: readonly string[];
      /** What is unlike the windows around it. */
      readonly warnings: readonly string[];
    }
  | {
      readonly kind: "skipped";
      readonly at: number;
      readonly why: readonly string[];
    };

const DAY_MS = 86_400_000;
const NEAR_DAYS = 35;

/** The next windows from an instant on, what is skipped among them, and why; in order, within 400 days. */
export function upcomingOf(
  calendars: readonly Calendar[],
  { from, most }: { readonly from: number; readonly most: number },
): Upcoming[] {
  for (const days of [NEAR_DAYS, HORIZON_DAYS]) {
    const period = { start: from, end: from + days * DAY_MS };
    const schedule = scheduleOf(calendars, period);
    const windows = schedule.windows.slice(0, most);
    const last = windows.at(-1);
    const isAll = windows.length === most && last?.end !== Infinity;
    if (!isAll && days < HORIZON_DAYS) continue;
    const shown = { start: from, end: isAll && last ? last.end : period.end };
    return [
      ...windows.map((window) => told(window, schedule)),
      ...skipped(schedule, calendars, shown),
    ].sort((a, b) => startOf(a) - startOf(b));
  }
  return [];
}

const startOf = (one: Upcoming): number =>
  one.kind === "window" ? one.window.start : one.at;

function told(window: Window, { timetables }: Schedule): Upcoming {
  const lead = leadingOf(timetables);
  const whole = lead?.ruled.find((span) => overlaps(span, window));
  const warnings =
    lead === undefined
      ? []
      : lead.occurrences.flatMap((occurrence, index) =>
          holds(occurrence, window.start)
            ? oddities(
                lead.calendar.document,
                occurrence,
                lead.occurrences[index - 1],
              )
            : [],
        );
  const lost =
    whole === undefined
      ? []
      : [
          { start: whole.start, end: window.start },
          { start: window.end, end: whole.end },
        ].filter(({ start, end }) => start < end);
  const shortened = lost.flatMap((span) => causes(timetables, span));
  return {
    kind: "window",
    window,
    shortened: [...new Set(shortened)],
    warnings,
  };
}

/** Windows that the leading calendar means, of which nothing is left. */
function skipped(
  { timetables, windows, tooShort }: Schedule,
  calendars: readonly Calendar[],
  shown: Span,
): Upcoming[] {
  const lead = leadingOf(timetables);
  if (lead === undefined) return [];
  const gone = lead.ruled
    .filter(({ start }) => start >= shown.start && start < shown.end)
    .filter((span) => !windows.some((window) => overlaps(window, span)))
    .map((span): Upcoming => {
      const short = tooShort
        .filter((window) => overlaps(window, span))
        .map((window) => tooShortText(window, calendars));
      const why = [...causes(timetables, span), ...short];
      return { kind: "skipped", at: span.start, why };
    });
  const leftOut = lead.leftOut
    .filter(({ at }) => holds(shown, at))
    .map(({ at, why }): Upcoming => ({ kind: "skipped", at, why: [why] }));
  return [...gone, ...leftOut];
}

/** The calendar whose windows the others restrict: the first one that is closed by default. */
function leadingOf(timetables: readonly Timetable[]): Timetable | undefined {
  return timetables.find(
    ({ calendar }) => calendar.document.default === "closed",
  );
}

/** Who closes some part of a span. */
function causes(timetables: readonly Timetable[], span: Span): string[] {
  return timetables.flatMap(
    ({ calendar: { name, document }, ruled, exclusions }) => {
      const excluded = exclusions
        .filter((exclusion) => overlaps(exclusion, span))
        .map(({ why }) => `excluded by ${why} (${name})`);
      const [open] = common(ruled, [span]);
      const isWhole = open?.start === span.start && open.end === span.end;
      const closed =
        document.default === "closed"
          ? "outside of the windows"
          : "in the blackout";
      return [...excluded, ...(isWhole ? [] : [`${closed} of ${name}`])];
    },
  );
}
