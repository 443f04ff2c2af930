import { failureFactory, type FailureKind } from "../errors";

/** What can be wrong with the configuration file before its content is looked at. */
const configurationFailures = {
  missing: {
    class: "stop",
    hint: "Set RUNBOOK_CONFIG to the operator's configuration file (YAML or JSON), or pass --config.",
  },
  unreadable: {
    class: "stop",
    hint: "Correct the file, or point RUNBOOK_CONFIG at another one; nothing has been touched.",
  },
} as const satisfies Record<string, FailureKind>;

export const configurationError = failureFactory(
  "config",
  configurationFailures,
);
