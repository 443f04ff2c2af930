import { failureFactory, type FailureKind } from "../../errors";

/** What keeps a copy from becoming a standby, or a standby from being let go. */
export const standbyFailures = {
  publishRefused: {
    class: "human",
    hint: "Nothing was moved. Make {place} what it has to be, then retry.",
  },
  unpublishRefused: {
    class: "human",
    hint: "Nothing was moved. Compare {place} with what the report of the run names; what is left there is for a person to decide on.",
  },
  startFailed: {
    class: "human",
    hint: "Read the last lines of {log} on the host, mend what they say, then retry.",
  },
  notStopped: {
    class: "human",
    hint: "Look at the host with: pg_ctl -D {place} status. Stop it there, then retry.",
  },
  noStandby: {
    class: "human",
    hint: "{server} was promoted, and clients may have written there: nothing was stopped or removed. Leave it and skip this step; what has become of its old primary is for a person to look at.",
  },
  notCaughtUp: {
    class: "wait",
    hint: "Wait until the standby streams and its lag is within the limit, then retry.",
  },
  roundTripLate: {
    class: "human",
    hint: "See whether the standby streams and replays: select * from pg_stat_replication on the primary.",
  },
  synchronousElsewhere: {
    class: "human",
    hint: "Leave synchronous replication as it is and skip this step, or add {name} to synchronous_standby_names yourself.",
  },
} as const satisfies Record<string, FailureKind>;

type StandbyFailure = keyof typeof standbyFailures;

export const standbyError = failureFactory<StandbyFailure>(
  "postgres",
  standbyFailures,
);
