import { calendarNames, openCalendars } from "../../activities/calendar/client";
import type { Calendar } from "../../activities/calendar/windows";
import { configurationFile } from "../../activities/configuration/client";
import { cliError } from "../errors";
import type { Context } from "../context";

export interface ChoiceFlags {
  readonly target?: string;
  readonly calendar?: readonly string[];
}

export interface Chosen {
  /** As the answer names it. */
  readonly what: string;
  readonly calendars: readonly Calendar[];
  /** Whose clocks the answer shows. */
  readonly zone: string;
}

/** The calendars that the flags mean; without any those of the only target. @throws cli.usage, calendar.*, config.*, reference.* */
export async function chosenCalendars(
  { env }: Pick<Context, "env">,
  { target, calendar }: ChoiceFlags,
  command: string,
): Promise<Chosen> {
  const configuration = await configurationFile(
    env["RUNBOOK_CONFIG"] || undefined,
  ).read();
  const targets = Object.keys(configuration.targets);
  const only = targets.length === 1 ? targets[0] : undefined;
  const named = calendar === undefined ? (target ?? only) : target;
  if ((named === undefined) === (calendar === undefined))
    throw cliError("usage", {
      seen:
        named === undefined
          ? "no calendar is named"
          : "--target and --calendar",
      expected: `--target with one of ${targets.join(", ") || "none"}, or --calendar with one of ${Object.keys(configuration.calendars).join(", ") || "none"}`,
      facts: { command },
    });
  const names = calendarNames(configuration, {
    target: named,
    calendars: calendar,
  });
  const calendars = await openCalendars(configuration, names, env);
  const lead =
    calendars.find(({ document }) => document.default === "closed") ??
    calendars[0];
  return {
    what: `${named === undefined ? "" : `${named}: `}${names.join(" and ") || "no calendar"}`,
    calendars,
    zone: lead?.document.tz ?? "UTC",
  };
}
