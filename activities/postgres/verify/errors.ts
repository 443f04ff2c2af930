import { failureFactory, type FailureKind } from "../../errors";

/** Everything that keeps a backup from being verified, or a record of it from counting. What a level finds is no error. */
export const verificationFailures = {
  unreadable: {
    class: "human",
    hint: "Look at {path} on {host} as the server's user; verify again once its files can be read.",
  },
  socketTooLong: {
    class: "stop",
    hint: "Choose a workFolder with a shorter path.",
  },
  noScratch: {
    class: "human",
    hint: "Restore the backup into a scratch instance once more, then go on.",
  },
  expired: {
    class: "human",
    hint: "Set up a standby from a new backup, or say in `withoutRecord` of the switchover why its data needs no proof.",
  },
  foreign: {
    class: "stop",
    hint: "Take the record of this very backup; never one of another cluster or copy.",
  },
  changedOnDisk: {
    class: "human",
    hint: "Find out who changed the backup; verify it again, or take a new one.",
  },
  incomplete: {
    class: "human",
    hint: "Run the missing levels, or choose a policy that asks for less.",
  },
  notARecord: {
    class: "stop",
    hint: "Name the artifact that a verification has stored.",
  },
} as const satisfies Record<string, FailureKind>;

export type VerificationFailure = keyof typeof verificationFailures;

export const verificationError = failureFactory<VerificationFailure>(
  "verification",
  verificationFailures,
);
