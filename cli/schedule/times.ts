import type { CalendarSpec } from "@temporalio/client";
import { z } from "zod";
import { durationMs } from "../../activities/calendar/durations";
import { isZone, zoneExpected } from "../../activities/calendar/zones";

/** When a Schedule fires, as its flags say it: `--at "FRI 22:00" --tz Europe/Sofia --window PT7H`. */

const days = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"] as const;
const dayNames = [
  "SUNDAY",
  "MONDAY",
  "TUESDAY",
  "WEDNESDAY",
  "THURSDAY",
  "FRIDAY",
  "SATURDAY",
] as const;
type DayName = (typeof dayNames)[number];

const day = `(?:${days.join("|")})`;
const some = `${day}(?:-${day})?`;
const atPattern = new RegExp(
  `^(DAILY|${some}(?:,${some})*|${day}#[1-4]) +([01]\\d|2[0-3]):([0-5]\\d)$`,
);
const atWords =
  'expected days and a time such as "FRI 22:00", "MON-THU 01:30", "TUE#2 22:00" (the second of a month) or "daily 03:00"';

const atSchema = z.string().transform((text, context) => {
  const [, on = "", hour, minute] = atPattern.exec(text.toUpperCase()) ?? [];
  if (on !== "")
    return {
      ...daysOf(on),
      hour: Number(hour),
      minute: Number(minute),
      comment: text,
    } satisfies CalendarSpec;
  context.addIssue({ code: "custom", message: atWords });
  return z.NEVER;
});

function daysOf(on: string): CalendarSpec {
  if (on === "DAILY") return {};
  const [first = "", nth] = on.split("#");
  const dayOfWeek = first.split(",").flatMap(rangeOf);
  if (nth === undefined) return { dayOfWeek };
  const start = (Number(nth) - 1) * 7 + 1;
  return { dayOfWeek, dayOfMonth: { start, end: start + 6 } };
}

/** `FRI-MON` goes over the end of the week. */
function rangeOf(text: string): DayName[] {
  const [from = 0, to = from] = text
    .split("-")
    .map((name) => days.indexOf(name as (typeof days)[number]));
  const count = ((to - from + 7) % 7) + 1;
  return Array.from({ length: count }, (_, n) => dayNames[(from + n) % 7]!);
}

const tzSchema = z
  .string("expected the name of a time zone such as Europe/Sofia")
  .superRefine((name, context) => {
    if (isZone(name)) return;
    const { expected, hint } = zoneExpected(name);
    const message = `expected ${expected}${hint === undefined ? "" : `\nhint: ${hint}`}`;
    context.addIssue({ code: "custom", message });
  });

const DAY_MS = 86_400_000;
const windowWords =
  "expected the length of the window, PT1M to P7D: PT7H, PT90M or P1DT12H";

const windowSchema = z.string(windowWords).transform((text, context) => {
  const ms = durationMs(text) ?? 0;
  if (ms >= 60_000 && ms <= 7 * DAY_MS) return ms;
  context.addIssue({ code: "custom", message: windowWords });
  return z.NEVER;
});

/** Keyed by the flags, since faults are told by their paths. */
export const timesSchema = z.object({
  "--at": z.array(atSchema, atWords).min(1, atWords),
  "--tz": tzSchema,
  "--window": windowSchema,
});
export type Times = z.output<typeof timesSchema>;

/** `Fri 2026-11-27 22:00` on the clocks of that zone. */
export function localTime(at: Date, timeZone: string): string {
  const parts = new Intl.DateTimeFormat("en-GB", {
    ...{ timeZone, weekday: "short", hourCycle: "h23" },
    ...{ year: "numeric", month: "2-digit", day: "2-digit" },
    ...{ hour: "2-digit", minute: "2-digit" },
  }).formatToParts(at);
  const part = (type: Intl.DateTimeFormatPartTypes): string =>
    parts.find((one) => one.type === type)?.value ?? "";
  return `${part("weekday")} ${part("year")}-${part("month")}-${part("day")} ${part("hour")}:${part("minute")}`;
}

/** In UTC, to the second. */
export function utcTime(at: Date): string {
  return at.toISOString().replace(/\.\d{3}Z$/, "Z");
}
