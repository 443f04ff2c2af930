import { openCalendars } from "../../activities/calendar/client";
import { ruleWarnings } from "../../activities/calendar/oddities";
import { stateOf } from "../../activities/calendar/state";
import type { Configuration } from "../../activities/configuration/port";
import type { Environment } from "../../activities/references";
import { localText, utcText } from "../calendar/words";
import { type Check, check, fail, pass } from "../doctor/check";

/** Each calendar with all that it reads, and what the calendars of each target leave together. */
export async function calendarChecks(
  configuration: Configuration,
  { env, now }: { readonly env: Environment; readonly now: number },
): Promise<readonly Check[]> {
  const alone = Object.keys(configuration.calendars).map((name) =>
    look(`calendar ${name}`, [name]),
  );
  const together = Object.entries(configuration.targets).flatMap(
    ([name, { calendars }]) =>
      calendars.length < 2 ? [] : [look(`calendars of ${name}`, calendars)],
  );
  return Promise.all([...alone, ...together]);

  function look(title: string, names: readonly string[]): Promise<Check> {
    return check(title, async () => {
      const calendars = await openCalendars(configuration, names, env);
      const zone = calendars[0]?.document.tz ?? "UTC";
      const { open, until, nextOpen } = stateOf(calendars, { at: now });
      const text = (at: number): string =>
        `${utcText(at)}, ${localText(at, zone)} (${zone})`;
      if (!open && nextOpen === undefined)
        return fail(
          "opens at no time in the next 400 days",
          "Correct it, or take it out of the targets that name it: runbook calendar next shows what closes it.",
        );
      const warnings = calendars.flatMap(({ document }) =>
        ruleWarnings(document),
      );
      const state =
        nextOpen !== undefined && !open
          ? `opens ${text(nextOpen)}`
          : `open${until === undefined ? "" : ` until ${text(until)}`}`;
      return pass([state, ...warnings].join("\n"));
    });
  }
}
