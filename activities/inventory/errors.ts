import { failureFactory, type FailureKind } from "../errors";

/** What keeps an inventory from being read. What is wrong inside of it is one `inventory.invalid`, see ../faults. */
const inventoryFailures = {
  unreadable: {
    class: "human",
    hint: "Let the worker's user read {file}, or correct `inventory.file` of the target.",
  },
  malformed: {
    class: "stop",
    hint: "Correct {file} near the line above; a YAML linter shows the same place.",
  },
  empty: {
    class: "stop",
    hint: "List at least one host in {file}; an upgrade of nothing is never meant.",
  },
} as const satisfies Record<string, FailureKind>;

export type InventoryFailure = keyof typeof inventoryFailures;

export const inventoryError = failureFactory<InventoryFailure>(
  "inventory",
  inventoryFailures,
);
