import { failureFactory, type FailureKind } from "../errors";

/** What keeps a roster from being read; then nobody's answer counts. What is wrong inside of it is one `roster.invalid`, see ../faults. */
const rosterFailures = {
  unreadable: {
    class: "human",
    hint: "Let the worker's user read {file}, or correct `approvals.roster.file`; until then nobody can answer.",
  },
  malformed: {
    class: "human",
    hint: "Correct {source} near the line above; until then nobody can answer.",
  },
  commandMissing: {
    class: "human",
    hint: "Install {program} on the worker, or correct `approvals.roster.command`; until then nobody can answer.",
  },
  commandFailed: {
    class: "wait",
    hint: "Run it on the worker as the worker's user, mend what it says, then answer again.",
  },
} as const satisfies Record<string, FailureKind>;

export const rosterError = failureFactory("roster", rosterFailures);
