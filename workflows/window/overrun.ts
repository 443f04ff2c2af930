/** Whether people are asked to let work go on past the end of a window. Pure; instants in epoch milliseconds. */

import { type Outlook, outlookInWords } from "./outlook";
import { closingOf, overrunAskedAt, type Said } from "./standing";

/** What the calendars of the open window allow past its end. */
export interface Offer {
  readonly by: readonly string[];
  readonly windowEnd: number;
  /** From then on it is too late to say so. */
  readonly answerBy: number;
  /** Work may start until then, so that it is over by `end`. */
  readonly until: number;
  readonly end: number;
}

/**
 * @param needMs what one host takes, and its way back
 * @returns undefined where no calendar allows it, or nothing would be won by it
 */
export function offerOf(said: Said, needMs: number): Offer | undefined {
  const { open, until: windowEnd, overrun } = said;
  if (!open || windowEnd === undefined || overrun === undefined)
    return undefined;
  const end = windowEnd + overrun.mostMs;
  const until = end - needMs;
  if (until <= (closingOf(said, needMs) ?? windowEnd)) return undefined;
  const answerBy = windowEnd - overrun.noticeMs;
  return { by: overrun.by, windowEnd, answerBy, until, end };
}

/**
 * As soon as the forecast shows that the rest does not fit, and while there is none at the last moment that leaves people
 * time to answer.
 */
export function mustAskForOverrun(
  said: Said,
  { answerBy }: Offer,
  { fits }: Outlook,
  now: number,
): boolean {
  if (now >= answerBy) return false;
  if (fits !== undefined) return !fits;
  const latest = overrunAskedAt(said);
  return latest !== undefined && now >= latest;
}

/** What gate `overrun` asks. */
export function overrunTitle(
  { windowEnd, end }: Offer,
  outlook: Outlook | undefined,
): string {
  const rest = outlook === undefined ? "" : `${outlookInWords(outlook)}: `;
  return `${rest}may work go on past the end of the window at ${iso(windowEnd)}, until ${iso(end)}?`;
}

const iso = (at: number): string => new Date(at).toISOString();
