import type { Expectation } from "../fault-words";
import type { CalendarDocument } from "./document";
import { durationMs, instantMs, YEAR_MS } from "./durations";
import { parseRule, type Rule, firstWall } from "./rule";
import {
  clockChanges,
  dayOf,
  instantOf,
  isSkippedOrRepeated,
  isZone,
  wallAt,
  wallOf,
  type Wall,
} from "./zones";

interface DocumentFault extends Expectation {
  readonly path: keyof CalendarDocument;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** Local times of a day between which nearly every zone changes its clocks. */
const CHANGE_HOURS = { from: 30 * MINUTE_MS, to: 4.5 * HOUR_MS };

/** Looked at for changes at other hours, such as midnight. */
const LIFE = { years: 20, changes: 8 };

/** What is wrong between the fields of a document, each being right by itself. */
export function documentFaults(document: CalendarDocument): DocumentFault[] {
  const { dtstart, rrule } = document;
  const wall = dtstart === undefined ? undefined : wallOf(dtstart);
  // What is wrong by itself has been told already.
  if (wall === undefined || !isZone(document.tz))
    return [...whole(document), ...limits(document)];
  const rule = rrule === undefined ? undefined : parseRule(rrule);
  const starts =
    rule === undefined
      ? once(document, wall)
      : "text" in rule
        ? recurring(document, wall, rule)
        : [];
  return [...whole(document), ...limits(document), ...starts];
}

/** Fields that need one another. */
function whole(document: CalendarDocument): DocumentFault[] {
  const { dtstart, duration, exclusions } = document;
  const faults: DocumentFault[] = [];
  const closed = document.default === "closed";
  const ruled = (
    ["rrule", "duration", "gap", "notBefore", "notAfter"] as const
  ).filter((key) => document[key] !== undefined);
  if (dtstart === undefined && (closed || ruled.length > 0))
    faults.push({
      path: "dtstart",
      expected: closed
        ? "the local time at which it opens first, since it is closed by default"
        : `the local time of the first blackout, since there is ${ruled.join(" and ")}`,
    });
  if (duration === undefined && (closed || dtstart !== undefined))
    faults.push({
      path: "duration",
      expected: `how long ${closed ? "a window" : "a blackout"} lasts, such as PT8H`,
    });
  if (
    !closed &&
    dtstart === undefined &&
    ruled.length + exclusions.length === 0
  )
    faults.push({
      path: "default",
      expected:
        "dtstart and duration, or exclusions, since it is open by default",
      hint: "without them it is never closed",
    });
  return faults;
}

function limits(document: CalendarDocument): DocumentFault[] {
  const { cutoff, minUseful, duration, notBefore, notAfter } = document;
  const faults: DocumentFault[] = [];
  const length = durationMs(duration ?? "") || Infinity;
  const isWindow = document.default === "closed";
  const cutoffMs = durationMs(cutoff) ?? 0;
  if (isWindow && cutoffMs >= length)
    faults.push({
      path: "cutoff",
      expected: `less than the duration ${duration}`,
      hint: "nothing could ever start",
    });
  else if (isWindow && cutoffMs + (durationMs(minUseful) ?? 0) > length)
    faults.push({
      path: "minUseful",
      expected: `at most the duration ${duration} less the cutoff ${cutoff}`,
      hint: "every window would be skipped",
    });
  if (
    notBefore !== undefined &&
    notAfter !== undefined &&
    (instantMs(notBefore) ?? 0) >= (instantMs(notAfter) ?? 0)
  )
    faults.push({
      path: "notAfter",
      expected: `an instant after ${notBefore}`,
    });
  return faults;
}

/** One occurrence: its very instant can be looked at. */
function once(
  { tz, gap, exdate }: CalendarDocument,
  wall: Wall,
): DocumentFault[] {
  const faults: DocumentFault[] =
    exdate.length === 0
      ? []
      : [{ path: "exdate", expected: "no days, since there is no rrule" }];
  if (instantOf(wall, tz, gap ?? "skip") === undefined)
    return [
      ...faults,
      {
        path: "dtstart",
        expected: `a time that clocks in ${tz} show on that day`,
        hint: "they skip it; gap: shift means the time after the change",
      },
    ];
  if (gap !== undefined || !isSkippedOrRepeated(wall, tz)) return faults;
  return [
    ...faults,
    {
      path: "dtstart",
      expected: `a time that clocks in ${tz} show once on that day, or gap`,
      hint: "they show it twice; with gap: skip or shift the first one counts",
    },
  ];
}

function recurring(
  document: CalendarDocument,
  wall: Wall,
  rule: Rule,
): DocumentFault[] {
  const first = firstWall(rule.text, wall);
  if (first === undefined)
    return [
      {
        path: "rrule",
        expected: "a rule that some day after dtstart matches",
      },
    ];
  const faults: DocumentFault[] = [];
  if (first !== wall)
    faults.push({
      path: "dtstart",
      expected: "a first occurrence that rrule means, too",
      hint: `the first one after it is ${new Date(first).toISOString().slice(0, 16)}`,
    });
  if (
    rule.until !== undefined &&
    rule.until < (instantOf(wall, document.tz) ?? 0)
  )
    faults.push({ path: "rrule", expected: "an UNTIL after dtstart" });
  return [...faults, ...atChange(document, wall, rule)];
}

/** A rule whose start the clock may skip or show twice needs a word on it. */
function atChange(
  document: CalendarDocument,
  wall: Wall,
  rule: Rule,
): DocumentFault[] {
  const { tz, gap, notBefore, notAfter } = document;
  if (gap !== undefined) return [];
  const from = Math.max(
    instantOf(wall, tz) ?? 0,
    instantMs(notBefore ?? "") ?? -Infinity,
  );
  const to = Math.min(
    from + LIFE.years * YEAR_MS,
    instantMs(notAfter ?? "") ?? Infinity,
    rule.until ?? Infinity,
  );
  const changes = clockChanges(tz, { from, to }, LIFE.changes);
  const times = timesOfDay(wall, rule);
  const touched = times.some(
    (time) =>
      (changes.length > 0 &&
        time >= CHANGE_HOURS.from &&
        time <= CHANGE_HOURS.to) ||
      changes.some((change) => isTouched(time, change, tz)),
  );
  if (!touched) return [];
  return [
    {
      path: rule.hours.length + rule.minutes.length > 0 ? "rrule" : "dtstart",
      expected: `a start outside of 00:30-04:30 and of clock changes in ${tz}, or gap`,
      hint: "gap: skip leaves a start out that clocks skip, gap: shift moves it past the change",
    },
  ];
}

function isTouched(time: number, change: number, zone: string): boolean {
  const around = [wallAt(change - 1_000, zone), wallAt(change, zone)];
  return around.some((wall) => isSkippedOrRepeated(dayOf(wall) + time, zone));
}

function timesOfDay(wall: Wall, { hours, minutes }: Rule): number[] {
  const own = wall - dayOf(wall);
  const ownHour = Math.floor(own / HOUR_MS);
  const rest = own % HOUR_MS;
  return (hours.length > 0 ? hours : [ownHour]).flatMap((hour) =>
    (minutes.length > 0
      ? minutes.map((minute) => minute * MINUTE_MS + (rest % MINUTE_MS))
      : [rest]
    ).map((minute) => hour * HOUR_MS + minute),
  );
}
