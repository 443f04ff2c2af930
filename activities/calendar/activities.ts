import { asApplicationFailure } from "../application-failure";
import type { ConfigurationSource } from "../configuration/port";
import { askCalendars } from "./client";
import type { CalendarActivities } from "./port";
import { readQuestion } from "./question";

export function createCalendarActivities({
  configuration,
}: {
  readonly configuration: ConfigurationSource;
}): CalendarActivities {
  return {
    async calendarState(raw) {
      try {
        return await askCalendars(configuration, readQuestion(raw));
      } catch (error) {
        throw asApplicationFailure(error);
      }
    },
  };
}
