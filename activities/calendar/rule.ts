import { RRuleTemporal } from "rrule-temporal";
import type { Wall } from "./zones";

/** A recurrence rule of RFC 5545, what depends on the zone taken out of its text: see ./occurrences. */
export interface Rule {
  /** Without COUNT and UNTIL. */
  readonly text: string;
  readonly count?: number;
  /** UNTIL, an instant; for a rule of whole days the last day as a local time. */
  readonly until?: number;
  /** Set by BYHOUR and BYMINUTE; of the first occurrence where empty. */
  readonly hours: readonly number[];
  readonly minutes: readonly number[];
}

/** More starts a day than this are no windows any more, and would make a question slow. */
const MAX_STARTS_A_DAY = 12;

const numbers = (least: number, most: number, expected: string) => ({
  fits: (text: string): boolean =>
    text.split(",").every((one) => {
      const value = Number(one);
      return (
        /^[+-]?\d{1,3}$/.test(one) &&
        (least >= 0 || value !== 0) &&
        value >= least &&
        value <= most
      );
    }),
  expected,
});

const matches = (pattern: RegExp, expected: string) => ({
  fits: (text: string): boolean => pattern.test(text),
  expected,
});

const parts: Readonly<
  Record<string, { fits(text: string): boolean; expected: string }>
> = {
  FREQ: matches(
    /^(DAILY|WEEKLY|MONTHLY|YEARLY)$/,
    "DAILY, WEEKLY, MONTHLY or YEARLY; several starts a day are FREQ=DAILY with BYHOUR",
  ),
  INTERVAL: matches(/^[1-9]\d{0,2}$/, "a whole number from 1 to 999"),
  COUNT: matches(/^[1-9]\d{0,2}$/, "a whole number from 1 to 999"),
  UNTIL: matches(
    /^\d{8}T\d{6}Z$/,
    "an instant in UTC such as 20261231T220000Z, since dtstart has a zone",
  ),
  BYMONTH: numbers(1, 12, "months from 1 to 12"),
  BYMONTHDAY: numbers(-31, 31, "days from 1 to 31, or -1 for the last one"),
  BYYEARDAY: numbers(-366, 366, "days from 1 to 366, or -1 for the last one"),
  BYWEEKNO: numbers(-53, 53, "weeks from 1 to 53"),
  BYSETPOS: numbers(-366, 366, "positions such as 1, or -1 for the last one"),
  BYDAY: matches(
    /^([+-]?[1-9]\d?)?(MO|TU|WE|TH|FR|SA|SU)(,([+-]?[1-9]\d?)?(MO|TU|WE|TH|FR|SA|SU))*$/,
    "days such as MO,TU or, of a month, 1SU and -1FR",
  ),
  BYHOUR: numbers(0, 23, "hours from 0 to 23"),
  BYMINUTE: numbers(0, 59, "minutes from 0 to 59"),
  WKST: matches(/^(MO|TU|WE|TH|FR|SA|SU)$/, "a day such as MO"),
};

/**
 * The rule of a text such as `FREQ=WEEKLY;BYDAY=SU`, or what should stand there instead, one line a fault.
 *
 * @param wholeDays of an all-day event, whose UNTIL may be a date
 */
export function parseRule(
  text: string,
  { wholeDays = false }: { readonly wholeDays?: boolean } = {},
): Rule | readonly string[] {
  const pairs = text.split(";").map((part) => part.split("="));
  const written = new Map(
    pairs.map(([key = "", value = ""]) => [key.toUpperCase(), value]),
  );
  const fits = (key: string, value: string): boolean =>
    (wholeDays && key === "UNTIL" && /^\d{8}(T\d{6}Z?)?$/.test(value)) ||
    parts[key]?.fits(value) === true;
  const wrong = pairs.flatMap(([key = "", value = "", ...rest]) => {
    const part = parts[key.toUpperCase()];
    if (part === undefined || rest.length > 0)
      return [`parts such as FREQ=WEEKLY;BYDAY=SU, not ${key || "nothing"}`];
    return fits(key.toUpperCase(), value) ? [] : [`${key} of ${part.expected}`];
  });
  const all = [...new Set([...wrong, ...together(written, pairs.length)])];
  if (all.length > 0) return all;
  try {
    return toRule(written, wholeDays);
  } catch (error) {
    return [
      `a rule of RFC 5545 (${error instanceof Error ? error.message : String(error)})`,
    ];
  }
}

/** What is wrong between parts. */
function together(
  written: ReadonlyMap<string, string>,
  count: number,
): string[] {
  const faults: string[] = [];
  const freq = written.get("FREQ");
  if (freq === undefined) faults.push("a FREQ, such as FREQ=WEEKLY;BYDAY=SU");
  if (written.size < count) faults.push("each part once");
  if (written.has("COUNT") && written.has("UNTIL"))
    faults.push("COUNT or UNTIL, not both");
  if (
    /\d/.test(written.get("BYDAY") ?? "") &&
    !/^(MONTH|YEAR)/.test(freq ?? "")
  )
    faults.push(
      "BYDAY without numbers, since FREQ is neither MONTHLY nor YEARLY",
    );
  if (
    listOf(written, "BYHOUR").length * listOf(written, "BYMINUTE").length >
    MAX_STARTS_A_DAY
  )
    faults.push(`at most ${MAX_STARTS_A_DAY} starts a day`);
  return faults;
}

function toRule(
  written: ReadonlyMap<string, string>,
  wholeDays: boolean,
): Rule {
  const until = written.get("UNTIL");
  const count = written.get("COUNT");
  const text = [...written]
    .filter(([key]) => key !== "COUNT" && key !== "UNTIL")
    .map(([key, value]) => `${key}=${value.replaceAll("+", "")}`)
    .join(";");
  // Judges what only the whole can show, such as BYWEEKNO outside of a year.
  recurrence(text, 0, { strict: true });
  return {
    text,
    hours: listOf(written, "BYHOUR").map(Number).filter(Number.isFinite),
    minutes: listOf(written, "BYMINUTE").map(Number).filter(Number.isFinite),
    ...(count === undefined ? {} : { count: Number(count) }),
    ...(until === undefined ? {} : { until: untilMs(until, wholeDays) }),
  };
}

function listOf(written: ReadonlyMap<string, string>, key: string): string[] {
  return written.get(key)?.split(",") ?? ["none"];
}

function untilMs(text: string, wholeDays: boolean): number {
  const [, year = "", month = "", day = "", hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)Z?)?$/.exec(text) ?? [];
  const date = `${year}-${month}-${day}`;
  const ms = Date.parse(
    wholeDays || hour === undefined
      ? `${date}T00:00:00Z`
      : `${date}T${hour}:${minute}:${second}Z`,
  );
  if (Number.isNaN(ms)) throw new RangeError(`there is no ${text}`);
  return ms;
}

/** The local times of a rule from `from` to `to`, both included, whatever a zone makes of them. */
export function wallsOf(
  rule: string,
  dtstart: Wall,
  { from, to }: { readonly from: Wall; readonly to: Wall },
): Wall[] {
  if (to < dtstart) return [];
  return recurrence(rule, dtstart, { strict: false })
    .between(new Date(Math.max(from, dtstart)), new Date(to), true)
    .map(({ epochMilliseconds }) => epochMilliseconds);
}

/** The first local time that a rule means; nothing for one such as 30 February. */
export function firstWall(rule: string, dtstart: Wall): Wall | undefined {
  try {
    const rules = recurrence(rule, dtstart, { strict: false });
    return rules.next(new Date(dtstart), true)?.epochMilliseconds;
  } catch {
    // The library gives up after 10,000 periods without a match.
    return undefined;
  }
}

/** Local times are counted in UTC: gaps are ours to judge, and neither the zone of the process nor its tz data matters here. */
function recurrence(
  rule: string,
  dtstart: Wall,
  { strict }: { readonly strict: boolean },
): RRuleTemporal {
  const start = new Date(dtstart).toISOString().replace(/[-:]|\.\d+/g, "");
  return new RRuleTemporal({
    rruleString: `DTSTART:${start}\nRRULE:${rule}`,
    strict,
    cache: false,
  });
}
