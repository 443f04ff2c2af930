/** What a long activity tells of itself. */
export interface StepProgress {
  /** Id of the step whose work it is; `watch-<name>` for a look of a watch. */
  readonly step: string;
  /** 0 to 100; absent while nobody knows. */
  readonly percent?: number | undefined;
  readonly doneBytes?: number | undefined;
  readonly totalBytes?: number | undefined;
  /** Milliseconds until the step ends, by its own forecast. */
  readonly etaMs?: number | undefined;
  /** What it does now, in a few words. */
  readonly line: string;
}
