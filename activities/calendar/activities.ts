import { asApplicationFailure } from "../application-failure";
import type { ConfigurationSource } from "../configuration/port";
import { calendarNames, openCalendars } from "./client";
import type { CalendarActivities } from "./port";
import { readQuestion } from "./question";
import { stateOf } from "./state";

export function createCalendarActivities({
  configuration,
}: {
  readonly configuration: ConfigurationSource;
}): CalendarActivities {
  return {
    async calendarState(raw) {
      try {
        const question = readQuestion(raw);
        // Read at each question, so that an edited calendar counts at once.
        const now = await configuration.read();
        const names = calendarNames(now, question);
        return stateOf(await openCalendars(now, names), question);
      } catch (error) {
        throw asApplicationFailure(error);
      }
    },
  };
}
