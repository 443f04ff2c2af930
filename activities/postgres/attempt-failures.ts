import type { FailureKind } from "../errors";

/** The part of the closed list that a run's own folders and copies can cause. */
export const attemptFailures = {
  notOurs: {
    class: "human",
    hint: "Nothing was removed. Look at {path} on {host}: a run removes only what it made, whole, and with no server on it.",
  },
  attemptSpoilt: {
    class: "human",
    hint: "Attempt {attempt} on {host} cannot be used; retry: the next one removes it and copies anew.",
  },
  stillRunning: {
    class: "human",
    hint: "Stop the copy of attempt {attempt} on {host} first; nothing was removed.",
  },
  walsenderStays: {
    class: "human",
    hint: "pg_terminate_backend did not end them: see on {host} what they wait for (pg_stat_activity), stop what receives from them, then retry.",
  },
  tablespacesChanged: {
    class: "human",
    hint: "Run the preflight again: a copy would write a tablespace that it does not know to the path that it has on the primary.",
  },
  noBackup: {
    class: "human",
    hint: "The folder of the backup is gone, published or unfinished: see what lies there before anything counts on it.",
  },
  notKept: {
    class: "human",
    hint: "Raise repo1-retention-full of the stanza, or name a folder of `config-include-path` as `includePath`: then nothing expires while a run needs a backup.",
  },
  badMethod: {
    class: "stop",
    hint: "Correct the method of the backup in the run's input.",
  },
} as const satisfies Record<string, FailureKind>;
