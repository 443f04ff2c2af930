import type { ArtifactRef } from "../artifacts/port";

export interface BuildRequest {
  readonly plan: ArtifactRef;
  /** First execution of the chain of runs: one build for all of them. */
  readonly rootRunId: string;
  /** Raised on an operator's word alone: the command runs again. */
  readonly generation?: number;
}

export interface BuildActivities {
  /**
   * Builds on the build host, once per run, and keeps the artifact; what it returns goes into each visit's request as
   * `artifact`. A repeated call joins the build and sends nothing twice.
   */
  buildComponent(request: BuildRequest): Promise<ArtifactRef>;
}
