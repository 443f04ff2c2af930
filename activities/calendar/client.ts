import type { Configuration, ConfigurationSource } from "../configuration/port";
import type { Environment } from "../references";
import { calendarError } from "./errors";
import type { CalendarDocument } from "./document";
import type { CalendarEvent } from "./events";
import { parseIcs } from "./ics";
import type { CalendarQuestion, CalendarState } from "./port";
import { nameOfSource, readSource } from "./sources";
import { stateOf } from "./state";
import type { Calendar } from "./windows";

/** The configuration is read at each question, so that an edited calendar counts at once. @throws calendar.*, config.*, reference.* */
export async function askCalendars(
  configuration: Pick<ConfigurationSource, "read">,
  question: CalendarQuestion,
): Promise<CalendarState> {
  const now = await configuration.read();
  const names = calendarNames(now, question);
  return stateOf(await openCalendars(now, names), question);
}

/** The names of the calendars that a question means. @throws calendar.unknown */
export function calendarNames(
  { targets }: Pick<Configuration, "targets">,
  {
    target,
    calendars = [],
  }: {
    readonly target?: string | undefined;
    readonly calendars?: readonly string[] | undefined;
  },
): readonly string[] {
  if (target === undefined) return [...new Set(calendars)];
  const found = Object.hasOwn(targets, target) ? targets[target] : undefined;
  if (found === undefined) throw unknown("target", target, targets);
  return [...new Set(found.calendars)];
}

/** The calendars of those names with all that they refer to, read anew. @throws calendar.*, reference.* */
export async function openCalendars(
  { calendars }: Pick<Configuration, "calendars">,
  names: readonly string[],
  env: Environment = process.env,
): Promise<Calendar[]> {
  const documents = names.map((name) => {
    const document = Object.hasOwn(calendars, name)
      ? calendars[name]
      : undefined;
    if (document === undefined) throw unknown("calendar", name, calendars);
    return { name, document };
  });
  return Promise.all(
    documents.map(async ({ name, document }) => ({
      name,
      document,
      events: await eventsOf(document, env),
    })),
  );
}

async function eventsOf(
  { exclusions }: CalendarDocument,
  env: Environment,
): Promise<CalendarEvent[]> {
  const read = exclusions.map(async (exclusion) =>
    typeof exclusion === "string"
      ? []
      : parseIcs(await readSource(exclusion, env), nameOfSource(exclusion.ics)),
  );
  return (await Promise.all(read)).flat();
}

function unknown(what: "target" | "calendar", name: string, there: object) {
  const known = Object.keys(there).join(", ") || "none, for there is none";
  return calendarError("unknown", {
    seen: `no ${what} ${name}`,
    facts: { known, section: `${what}s` },
  });
}
