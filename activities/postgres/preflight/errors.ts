import { failureFactory, type FailureKind } from "../../errors";

/** What ends a run's work on a primary that is not the one it began with. */
export const preflightFailures = {
  otherCluster: {
    class: "stop",
    hint: "Address or host lead to another cluster than at the run's begin; find out why before anything else, then start a new run.",
  },
  otherMajor: {
    class: "stop",
    hint: "The server was upgraded meanwhile: what was copied or verified before is of no use, start a new run.",
  },
} as const satisfies Record<string, FailureKind>;

export const preflightError = failureFactory("preflight", preflightFailures);
