import type { PostgresPorts, StepProgress } from "../port";

export interface BackupPorts extends PostgresPorts {
  /** Between two looks at the progress of a copy. */
  readonly pollMs?: number;
  /** How long walsenders may take to end after their client has, before they are ended on the primary; then once more. */
  readonly walsenderMs?: number;
}

/** One activity at work. */
export interface BackupDependencies extends BackupPorts {
  /** Never throws: a copy does not end because nobody could be told of it. */
  readonly tell: (progress: StepProgress) => void;
}
