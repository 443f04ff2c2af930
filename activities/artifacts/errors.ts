import { failureFactory, type FailureKind } from "../errors";

/** Everything that can happen to stored plans, snapshots and reports. */
const artifactFailures = {
  badKey: {
    class: "stop",
    hint: "Build keys from ids: letters, digits and . _ : @ + - between single slashes, no part beginning with a dot.",
  },
  badLocation: {
    class: "stop",
    hint: "Name a folder, or postgres://user@host/database with the password by reference beside it.",
  },
  missing: {
    class: "human",
    hint: "Restore {key} from a backup of the artifact store, or start a new run; was the worker given another store?",
  },
  changed: {
    class: "human",
    hint: "Somebody replaced {key} after the run had stored it: restore the text with that digest, or start a new run.",
  },
  refused: {
    class: "human",
    hint: "Let the worker's user read and write {location}.",
  },
  noFiles: {
    class: "stop",
    hint: "Builds need a folder for artifacts that all workers share: set RUNBOOK_ARTIFACTS to one.",
  },
  full: { class: "human", hint: "Free space at {location}, then retry." },
  unavailable: {
    class: "retry",
    hint: "Check that {location} answers from this worker.",
  },
} as const satisfies Record<string, FailureKind>;

export type ArtifactFailure = keyof typeof artifactFailures;

export const artifactError = failureFactory<ArtifactFailure>(
  "artifacts",
  artifactFailures,
);
