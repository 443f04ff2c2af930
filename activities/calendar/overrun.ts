import { durationMs } from "./durations";
import type { Overrun } from "./port";
import type { Timetable } from "./windows";

/**
 * How far work may go on past the end of a window: each calendar that closes there must allow it, whoever says so must be
 * named by all of them, and it must be over before any other calendar closes.
 */
export function overrunOf(
  timetables: readonly Timetable[],
  end: number,
): Overrun | undefined {
  let by: readonly string[] | undefined;
  let mostMs = Infinity;
  let noticeMs = 0;
  for (const { calendar, open } of timetables) {
    const own = open.find((span) => span.start < end && end <= span.end);
    if (own !== undefined && own.end > end) {
      mostMs = Math.min(mostMs, own.end - end);
      continue;
    }
    const { overrun } = calendar.document;
    if (overrun === undefined) return undefined;
    by = by?.filter((name) => overrun.by.includes(name)) ?? overrun.by;
    mostMs = Math.min(mostMs, durationMs(overrun.most) ?? 0);
    noticeMs = Math.max(noticeMs, durationMs(overrun.notice) ?? 0);
  }
  return by === undefined || by.length === 0
    ? undefined
    : { by, mostMs, noticeMs };
}
