import type { CalendarDocument } from "./document";
import { durationMs, instantMs } from "./durations";
import { parseRule, type Rule, wallsOf } from "./rule";
import { holds, overlaps, type Span } from "./spans";
import { dayOf, instantOf, type Wall, wallOf, wallText } from "./zones";

/** One window or blackout that a rule means. */
export interface Occurrence extends Span {
  /** When it starts by the clocks of the zone, as the rule says it. */
  readonly wall: Wall;
  /** By notBefore or notAfter. */
  readonly isCut: boolean;
}

/** A start that does not take place. */
export interface LeftOut {
  readonly wall: Wall;
  /** About when, for its place among the others. */
  readonly at: number;
  readonly why: string;
}

const DAY_MS = 86_400_000;
/** Local time and UTC differ by less. */
const OFFSET_MS = 27 * 3_600_000;

/** What a document's rule means in a period: occurrences that touch it, by their start, and starts that do not take place. */
export function occurrencesOf(
  document: CalendarDocument,
  period: Span,
): { readonly occurrences: Occurrence[]; readonly leftOut: LeftOut[] } {
  const { dtstart, duration = "PT0S", tz, exdate, gap = "skip" } = document;
  const first = dtstart === undefined ? undefined : wallOf(dtstart);
  if (first === undefined) return { occurrences: [], leftOut: [] };
  const length = durationMs(duration) ?? 0;
  const days = new Set(exdate.map(wallOf));
  const occurrences: Occurrence[] = [];
  const leftOut: LeftOut[] = [];
  for (const { wall, start } of startsOf(document, first, {
    from: period.start - length - OFFSET_MS,
    to: period.end + OFFSET_MS,
  })) {
    const at = start ?? instantOf(wall, tz) ?? wall;
    if (start === undefined) {
      const why = `clocks in ${tz} skip ${wallText(wall)}`;
      if (gap === "skip" && holds(period, at)) leftOut.push({ wall, at, why });
    } else if (days.has(dayOf(wall))) {
      if (holds(period, at)) leftOut.push({ wall, at, why: "exdate" });
    } else {
      const whole = { start, end: endOf(document, start, wall, length) };
      const span = inForce(document, whole);
      const isCut = span.start > whole.start || span.end < whole.end;
      if (span.start < span.end && overlaps(span, period))
        occurrences.push({ wall, isCut, ...span });
    }
  }
  return { occurrences, leftOut };
}

/** Each start that the rule means; without an instant where clocks skip it. One that is skipped does not count for COUNT. */
function startsOf(
  { tz, rrule, gap = "skip" }: CalendarDocument,
  first: Wall,
  { from, to }: { readonly from: Wall; readonly to: Wall },
): { readonly wall: Wall; readonly start: number | undefined }[] {
  const rule = rrule === undefined ? undefined : parseRule(rrule);
  if (rule === undefined || !("text" in rule))
    return [{ wall: first, start: instantOf(first, tz, gap) }];
  const counted = rule.count !== undefined;
  const walls = wallsOf(rule.text, first, { from: counted ? first : from, to });
  const starts = walls.map((wall) => ({
    wall,
    start: instantOf(wall, tz, gap),
  }));
  return limited(starts, rule).filter(({ wall }) => wall >= from);
}

function limited<Start extends { readonly start: number | undefined }>(
  starts: readonly Start[],
  { count = Infinity, until = Infinity }: Rule,
): Start[] {
  let taken = 0;
  return starts.filter(({ start }) => {
    if (start === undefined) return taken < count;
    taken += 1;
    return taken <= count && start <= until;
  });
}

function endOf(
  { mode, tz }: CalendarDocument,
  start: number,
  wall: Wall,
  length: number,
): number {
  if (mode === "exact") return start + length;
  const end = instantOf(wall + length, tz) ?? start + length;
  // A wall-clock end before the start would need a change longer than the window.
  return Math.max(end, start);
}

function inForce(
  { notBefore = "", notAfter = "" }: CalendarDocument,
  span: Span,
): Span {
  return {
    start: Math.max(span.start, instantMs(notBefore) ?? -Infinity),
    end: Math.min(span.end, instantMs(notAfter) ?? Infinity),
  };
}

/** How far back and ahead of a period one has to look, so that no window that touches it is seen in part. */
export function reachMs({
  duration,
  cutoff,
  minUseful,
}: CalendarDocument): number {
  return [duration, cutoff, minUseful].reduce(
    (sum, text) => sum + (durationMs(text ?? "") ?? 0),
    2 * DAY_MS,
  );
}
