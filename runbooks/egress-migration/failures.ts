import { ApplicationFailure } from "@temporalio/workflow";
import type { FailureKind } from "../../activities/errors";

/** Everything that the run itself calls a failure; what its activities throw stands in their own lists. Closed. */
const failures = {
  holes: {
    class: "human",
    hint: "See why those gateways were not looked at (worker down, SSH refused), then retry: the census begins anew.",
  },
  nothingSeen: {
    class: "human",
    hint: "See whether the configured old addresses and interface are those by which the fleet goes out, then retry: stages wait for a peak, and this one is none.",
  },
  tooSmall: {
    class: "human",
    hint: "Reuse connections, reserve more addresses, let more of them in, or reach that destination another way; then start a run with the new addresses, or retry when the need has fallen.",
  },
  stagingTooSmall: {
    class: "human",
    hint: "Give staging as many addresses and ports as production has, or sinks for its hottest destinations; then retry.",
  },
  stressFailed: {
    class: "human",
    hint: "Mend the cause on staging and in production's plan, then retry: production has not been touched.",
  },
  notReady: {
    class: "human",
    hint: "Let a person write to each of them. `retry` asks all once more; `mark done` leaves those on the old addresses.",
  },
  steeredBack: {
    class: "human",
    hint: "Find out what pressed, mend it, then retry: the stage is loaded again.",
  },
  overdue: {
    class: "human",
    hint: "`retry` waits as long once more. `mark done` counts the stage as it is: say what proves that it carries a peak.",
  },
  stillUsed: {
    class: "human",
    hint: "`retry` gives them as long once more. `mark done` goes on: what is still open then is cut when the old addresses go.",
  },
  rulesDiffer: {
    class: "human",
    hint: "Read gate `watch-pressure` and the gateway's rules (`nft list table ip runbooks_egress`), then retry.",
  },
} as const satisfies Record<string, FailureKind>;

/** @param seen what was observed, lower case, no full stop */
export const failedBy = (
  kind: keyof typeof failures,
  seen: string,
): ApplicationFailure =>
  ApplicationFailure.nonRetryable(
    `${seen}\nhint: ${failures[kind].hint}`,
    `egressMigration.${kind}`,
  );
