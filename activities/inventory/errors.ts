import { failureFactory, type FailureKind } from "../errors";

/** What keeps an inventory from being read. What is wrong inside of it is one `inventory.invalid`, see ../faults. */
const inventoryFailures = {
  unreadable: {
    class: "human",
    hint: "Let the worker's user read {file}, or correct `{setting}` of the target.",
  },
  malformed: {
    class: "stop",
    hint: "Correct {file} near the line above; a YAML linter shows the same place.",
  },
  empty: {
    class: "stop",
    hint: "List at least one host in {file}; an upgrade of nothing is never meant.",
  },
  commandMissing: {
    class: "human",
    hint: "Install {program} on the worker, or correct `inventory.command` and `inventory.cwd` of the target.",
  },
  commandFailed: {
    class: "human",
    hint: "Run it on the worker as the worker's user, from {cwd}, and mend what it says.",
  },
  commandTimeout: {
    class: "human",
    hint: "Find out what it waits for, or raise `inventory.timeoutS` of the target (240 at most).",
  },
  notJson: {
    class: "human",
    hint: "Let {source} answer JSON and nothing else; ansible-inventory needs the option --list.",
  },
  tooLarge: {
    class: "human",
    hint: "Let {source} tell the hosts of this target only.",
  },
  noRecord: {
    class: "human",
    hint: "Ask the same with `dig {name} {type}` on the worker, then correct the record or `inventory.dns` of the target.",
  },
  refused: {
    class: "human",
    hint: "Ask the same with curl on the worker, then correct the url or the token of `inventory.prometheus` of the target.",
  },
  unanswered: {
    class: "wait",
    hint: "See whether {server} is up and reachable from the worker, or name another one in the target's inventory.",
  },
} as const satisfies Record<string, FailureKind>;

export type InventoryFailure = keyof typeof inventoryFailures;

export const inventoryError = failureFactory<InventoryFailure>(
  "inventory",
  inventoryFailures,
);
