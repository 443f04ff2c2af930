/** Work out of window by people's word: what is asked, and what was granted. Pure; instants in epoch milliseconds. */

import type { Question } from "../gate/gate";
import { oneLine } from "../one-line";
import type { Standing } from "./standing";

export const overrideGate = "window-override";

/** Somebody wants work to start though no calendar is open. */
export interface OverrideWish {
  /** A claimed name. */
  readonly by: string;
  readonly reason: string;
  readonly at: number;
  /** From here on the calendars count again. */
  readonly until: number;
}

/** The same, once another person has approved. */
export interface Override extends OverrideWish {
  readonly approvedBy: string;
}

const hourMs = 3_600_000;

export const wishOf = (
  { by, reason, hours }: { by: string; reason: string; hours: number },
  now: number,
): OverrideWish => ({
  ...{ by, reason, at: now },
  until: now + Math.round(hours * hourMs),
});

/** Why an override cannot be asked for now, with a hint; undefined when it can. */
export function whyNoOverride(now: {
  /** Absent: the run keeps to no calendar. */
  readonly standing: Standing | undefined;
  readonly isAsked: boolean;
  readonly granted: Override | undefined;
}): string | undefined {
  const { standing, isAsked, granted } = now;
  if (standing === undefined)
    return "override: this run keeps to no calendar, so no window holds it\nhint: See what does hold it: runbook status names freezes, locks, pauses and questions, and none of them is overridden.";
  if (isAsked)
    return `override: gate ${overrideGate} is open already\nhint: Answer that one, or deny it and ask again.`;
  if (standing.kind === "closed") return undefined;
  return granted === undefined
    ? `override: the run is in its window${standing.closesAt === undefined ? "" : `, until ${time(standing.closesAt)}`}\nhint: Ask when it has closed; freezes, locks and pauses are not overridden.`
    : `override: granted already, until ${time(granted.until)}\nhint: Ask again when that has passed.`;
}

/** What the second person is shown. It expires with the hours that were asked for, and is not asked anew. */
export function overrideQuestion(
  { by, reason, at, until }: OverrideWish,
  closed: Standing,
  gateExpiresMs: number,
): Omit<Question, "digest"> {
  return {
    id: overrideGate,
    title: `${oneLine(by, 80)} asks to work out of window until ${time(until)}: ${oneLine(reason, 300)}. ${closedWords(closed)} This overrides calendars alone: freezes and locks still hold. May it?`,
    choices: ["approve", "deny"],
    explain: ["approve", "deny"],
    askedBy: by,
    once: true,
    expiresAfterMs: Math.min(until - at, gateExpiresMs),
  };
}

function closedWords(standing: Standing): string {
  if (standing.kind === "open") return "";
  const { reason, opensAt } = standing;
  const then =
    opensAt === undefined
      ? "no later window is known"
      : `the next window opens at ${time(opensAt)}`;
  return `Closed: ${oneLine(reason, 300)}; ${then}.`;
}

/** One line of details, timeline and report. */
export const overrideInWords = ({
  by,
  approvedBy,
  until,
  reason,
}: Override): string =>
  `override of the window by ${oneLine(by, 80)}, approved by ${oneLine(approvedBy, 160)} until ${time(until)}: ${oneLine(reason, 1_024)}`;

export const time = (at: number): string =>
  new Date(at).toISOString().replace(/\.\d+Z$/, "Z");
