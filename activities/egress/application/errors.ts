import { failureFactory, type FailureKind } from "../../errors";

/** What a command that steers the customer's own software can do to us. Closed: a new failure gets a line here. */
export const applicationFailures = {
  superseded: {
    class: "stop",
    hint: "Nothing was changed on {gateway}: a later order stands there; look at which run made it.",
  },
  stillUsed: {
    class: "wait",
    hint: "Wait until the software of {gateway} has closed what is open on the old addresses, or close it; then retry.",
  },
  commandMissing: {
    class: "human",
    hint: "Install {command} on {gateway}, let the user run it, or correct `egress.command` in the configuration.",
  },
  notUnderstood: {
    class: "human",
    hint: "The command does not know this verb or document; compare it with docs/egress-application.md.",
  },
  failed: {
    class: "human",
    hint: "Read what the command said above, mend it on {gateway}, then retry: each verb may be repeated.",
  },
  badAnswer: {
    class: "human",
    hint: "Let the command print one JSON object and nothing else, as docs/egress-application.md says.",
  },
  notLoaded: {
    class: "human",
    hint: "The command said that all is well, yet it is at another order than ours; see why on {gateway}, then retry.",
  },
} as const satisfies Record<string, FailureKind>;

export const applicationError = failureFactory(
  "egressApplication",
  applicationFailures,
);
