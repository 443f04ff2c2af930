import { failureFactory, type FailureKind } from "../errors";

/** What keeps a visit from beginning though it was admitted. Nothing has been touched; whoever admitted it looks again. */
const holdFailures = {
  outOfWindow: {
    class: "stop",
    hint: "Nothing was begun on {host}; its run goes on by itself in the next window.",
  },
  frozen: {
    class: "stop",
    hint: "Nothing was begun on {host}; its run goes on by itself when the freeze is over.",
  },
  freezesUnknown: {
    class: "retry",
    hint: "See whether `runbook freezes` answers; nothing is begun on {host} while nobody knows what is frozen.",
  },
} as const satisfies Record<string, FailureKind>;

export const holdError = failureFactory("hold", holdFailures);
