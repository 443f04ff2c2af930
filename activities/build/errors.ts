import { failureFactory, type FailureKind } from "../errors";

/** What can be wrong with a build whose command succeeded. */
const buildFailures = {
  notPlanned: {
    class: "stop",
    hint: "Give the component a `build`, and start a new run.",
  },
  tooLarge: {
    class: "human",
    hint: "Look at what the build has put into {path}, or raise `maxMb` of the build and start a new run.",
  },
} as const satisfies Record<string, FailureKind>;

export const buildError = failureFactory("build", buildFailures);
