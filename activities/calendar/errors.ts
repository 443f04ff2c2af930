import { failureFactory, type FailureKind } from "../errors";

/** What keeps a calendar from being asked. What is wrong in a document itself is one `config.invalid`, see ../faults. */
export const calendarFailures = {
  unknown: {
    class: "human",
    hint: "Name one of {known}, or add it under {section} of the configuration.",
  },
  unreadable: {
    class: "human",
    hint: "Let the worker's user read {source}, or correct `exclusions` of the calendar.",
  },
  malformed: {
    class: "human",
    hint: "Correct {source}, or export it anew from the calendar that it comes from.",
  },
  refused: {
    class: "human",
    hint: "Ask the same with curl on the worker, then correct the address or the token in `exclusions` of the calendar.",
  },
  unanswered: {
    class: "wait",
    hint: "See whether {source} is up and reachable from the worker; nothing starts while it is unknown what it excludes.",
  },
  tooLarge: {
    class: "human",
    hint: "Let {source} hold the days that matter only.",
  },
} as const satisfies Record<string, FailureKind>;

export const calendarError = failureFactory("calendar", calendarFailures);
