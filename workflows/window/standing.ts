import type { CalendarState } from "../../activities/calendar/port";

/** Whether something disruptive may start, by what the calendars said last. Pure; instants in epoch milliseconds. */
export type Standing =
  | {
      readonly kind: "open";
      /** From here on nothing new fits; absent when no end is known. */
      readonly closesAt?: number;
    }
  | {
      readonly kind: "closed";
      /** For people. */
      readonly reason: string;
      readonly opensAt?: number;
      /** Which must be approved before that. */
      readonly gate?: string;
    };

export type Said = Pick<
  CalendarState,
  | "open"
  | "until"
  | "cutoffAt"
  | "nextOpen"
  | "nextChange"
  | "reasons"
  | "atClose"
  | "since"
  | "overrun"
> &
  Partial<Pick<CalendarState, "missed">>;

/** Somebody's word that work may start though no calendar is open, or past the end of what is. */
export interface Grant {
  /** From here on nothing new starts by it. */
  readonly until: number;
}

const dayMs = 86_400_000;

/** Calendars are asked again so long before a window, since they are edited, and time zones change their rules. */
const remindersMs = [7 * dayMs, dayMs];

/**
 * An answer that is out of date opens nothing, and neither does a window in which the work would not end.
 *
 * @param needMs what one item takes, and what it takes to undo it
 * @param grant counts beside the calendars, and where they do not answer
 * @param held stands instead of what the calendars say
 */
export function standingAt(
  said: Said | undefined,
  now: number,
  needMs: number,
  grant?: Grant,
  held?: Standing,
): Standing {
  const standing = held ?? byCalendars(said, now, needMs);
  if (grant === undefined || now >= grant.until) return standing;
  if (standing.kind === "closed")
    return { kind: "open", closesAt: grant.until };
  const { closesAt } = standing;
  if (closesAt === undefined) return standing;
  return { kind: "open", closesAt: Math.max(closesAt, grant.until) };
}

/** By the calendars alone. */
export function byCalendars(
  said: Said | undefined,
  now: number,
  needMs: number,
): Standing {
  if (said === undefined)
    return { kind: "closed", reason: "the calendars have not answered yet" };
  if (isOutdated(said, now))
    return { kind: "closed", reason: "the calendars are being asked again" };
  const { nextOpen } = said;
  const opens = nextOpen === undefined ? {} : { opensAt: nextOpen };
  if (!said.open)
    return { kind: "closed", reason: reasonsInWords(said), ...opens };
  const closesAt = closingOf(said, needMs);
  if (closesAt === undefined) return { kind: "open" };
  if (now < closesAt) return { kind: "open", closesAt };
  const needS = Math.ceil(needMs / 1_000);
  const reason = `the window ends at ${iso(said.until ?? closesAt)}: too soon for ${needS} s of work and undo`;
  return { kind: "closed", reason, ...opens };
}

/** When the answer must be looked at again at the latest: it changes, the work no longer fits, or a window draws near. */
export function lookAgainAt(
  said: Said,
  now: number,
  needMs: number,
  grant?: Grant,
): number | undefined {
  const { nextChange, nextOpen, open } = said;
  const instants = [
    nextChange,
    grant?.until,
    ...(open ? [closingOf(said, needMs), overrunAskedAt(said)] : []),
    ...remindersOf({ open, nextOpen }),
  ].filter((at): at is number => at !== undefined && at > now);
  return instants.length === 0 ? undefined : Math.min(...instants);
}

const remindersOf = ({
  open,
  nextOpen,
}: {
  readonly open: boolean;
  readonly nextOpen?: number | undefined;
}): number[] =>
  open || nextOpen === undefined
    ? []
    : remindersMs.map((before) => nextOpen - before);

/** From when on a visit under way begins no further step; undefined where it goes to its end. Whoever granted more wants it done. */
export function stopAfterOf(
  said: Said | undefined,
  grant?: Grant,
): number | undefined {
  if (said?.open !== true || said.atClose !== "finish-step-and-park")
    return undefined;
  const { until } = said;
  return (grant?.until ?? 0) >= (until ?? Infinity) ? undefined : until;
}

/** Whether this answer opens and closes nothing any more. */
export function isOutdated({ nextChange }: Said, now: number): boolean {
  return nextChange !== undefined && now >= nextChange;
}

/** Whether the calendars must be asked; else it is only this answer that means something else by now. */
export const mustAsk = (said: Said, askedAt: number, now: number): boolean =>
  isOutdated(said, now) ||
  remindersOf(said).some((at) => askedAt < at && at <= now);

/**
 * When people are asked at the latest whether work may go on past the end: a tenth of the window before that must have been
 * said, so that whoever is asked has time to answer.
 */
export function overrunAskedAt({
  open,
  since,
  until,
  overrun,
}: Said): number | undefined {
  if (!open || until === undefined || overrun === undefined) return undefined;
  const tenthMs = since === undefined ? overrun.noticeMs : (until - since) / 10;
  return Math.floor(until - overrun.noticeMs - tenthMs);
}

/** From here on nothing new starts: the cutoff, or earlier where one item more would not end in time. */
export function closingOf(
  { until, cutoffAt }: Said,
  needMs: number,
): number | undefined {
  if (until === undefined) return cutoffAt;
  return Math.min(cutoffAt ?? until, until - needMs);
}

export const reasonsInWords = ({ reasons }: Said): string =>
  reasons
    .map(({ calendar, text }) =>
      calendar === undefined ? text : `${calendar}: ${text}`,
    )
    .join("; ") || "no calendar is open";

const iso = (at: number): string => new Date(at).toISOString();
