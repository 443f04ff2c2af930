import type { CalendarDocument } from "./document";
import { durationMs } from "./durations";
import type { Occurrence } from "./occurrences";
import { type Wall, wallAt, wallText } from "./zones";

const MINUTE_MS = 60_000;

/** What clock changes make of an occurrence: another start, another length or end, another distance from the one before. */
export function oddities(
  { tz, mode, duration = "" }: CalendarDocument,
  occurrence: Occurrence,
  before: Occurrence | undefined,
): string[] {
  const { start, end, wall, isCut } = occurrence;
  if (isCut) return [];
  const length = durationMs(duration) ?? 0;
  const startsAt = wallAt(start, tz);
  const words: string[] = [];
  if (startsAt !== wall)
    words.push(
      `starts at ${timeOf(startsAt)}, not at ${timeOf(wall)}, which clocks skip`,
    );
  if (end - start !== length)
    words.push(
      `lasts ${hours(end - start)}, not ${hours(length)}: clocks change in it`,
    );
  if (mode === "exact" && wallAt(end, tz) !== startsAt + length)
    words.push(
      `ends at ${timeOf(wallAt(end, tz))}, not at ${timeOf(startsAt + length)}: clocks change in it`,
    );
  if (before === undefined || before.isCut) return words;
  const apart = start - before.start;
  const usual = wall - before.wall;
  if (apart !== usual)
    words.push(
      `starts ${hours(apart)} after the one before, not ${hours(usual)}: clocks change in between`,
    );
  return words;
}

/** What a rule does that its author may not have meant. */
export function ruleWarnings({ rrule = "" }: CalendarDocument): string[] {
  const [, days = ""] = /BYMONTHDAY=([^;]+)/i.exec(rrule) ?? [];
  const late = days
    .split(",")
    .map(Number)
    .filter((day) => day > 28);
  return late.length === 0
    ? []
    : [
        `months without day ${late.join(" or ")} have no window for it; BYMONTHDAY=-1 is the last day`,
      ];
}

const timeOf = (wall: Wall): string => wallText(wall).slice(11);

function hours(ms: number): string {
  const minutes = Math.round(ms / MINUTE_MS);
  const rest = minutes % 60;
  return `${Math.floor(minutes / 60)} h${rest === 0 ? "" : ` ${rest} min`}`;
}
