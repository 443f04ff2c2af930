import { failureFactory, type FailureKind } from "../errors";

/** What keeps load from being put on. What connections fail of is a figure of a report, never a failure. */
const loadFailures = {
  noPython: {
    class: "human",
    hint: "Install python3 (3.6 or newer, nothing but its standard library) on {host}, then retry.",
  },
  fewFiles: {
    class: "human",
    hint: "Raise the hard limit of open files of the login user on {host} (`ulimit -Hn`, limits.conf), or order fewer connections of it.",
  },
  stormBroke: {
    class: "human",
    hint: "Look at free memory on {host} (`dmesg` tells of killed processes), then retry.",
  },
  commandFailed: {
    class: "human",
    hint: "Run the command by hand on {host}; it has to end with exit code 0 whether or not requests failed.",
  },
  badReport: {
    class: "human",
    hint: 'Let the command on {host} print {"requests": 1000, "failed": 0} as the last line of its stdout; "opened" may be left out.',
  },
} as const satisfies Record<string, FailureKind>;

export const loadError = failureFactory<keyof typeof loadFailures>(
  "load",
  loadFailures,
);
