import { createHash } from "node:crypto";
import type { Period } from "./port";
import { common, merged, type Span } from "./spans";
import { type Calendar, scheduleOf } from "./windows";

/**
 * Over the documents as they are meant, defaults filled in, and over the instants they mean in a period. Where an ICS file
 * lies does not count, what it excludes does: workers may keep it at different places, and feeds drop what is past.
 */
export function digestOf(
  calendars: readonly Calendar[],
  { from, to }: Period,
): string {
  const period = { start: from, end: to };
  const clipped = (spans: readonly Span[]): number[][] =>
    common(merged(spans), [period]).map(({ start, end }) => [start, end]);
  const parts = scheduleOf(calendars, period).timetables.map(
    ({ calendar: { name, document }, ruled, exclusions }) => {
      const dates = document.exclusions.filter(
        (exclusion) => typeof exclusion === "string",
      );
      return {
        name,
        document: { ...document, exclusions: dates },
        ruled: clipped(ruled),
        excluded: clipped(exclusions),
      };
    },
  );
  const text = JSON.stringify({ from, to, calendars: parts });
  return createHash("sha256").update(text).digest("hex");
}
