import { failureFactory, type FailureKind } from "../activities/errors";

/** Everything that keeps a client or a worker from its Temporal server. */
export const connectionFailures = {
  unreachable: {
    class: "retry",
    hint: "Check TEMPORAL_ADDRESS, TEMPORAL_PROFILE and TEMPORAL_TLS, then try: temporal operator cluster health --address {address}; on your own machine start a server with: runbook dev",
  },
  refused: {
    class: "human",
    hint: "Check the API key (TEMPORAL_API_KEY_FILE) or the client certificate, and what they may do in namespace {namespace}.",
  },
} as const satisfies Record<string, FailureKind>;

export type ConnectionFailure = keyof typeof connectionFailures;

export const connectionError = failureFactory<ConnectionFailure>(
  "temporal",
  connectionFailures,
);
