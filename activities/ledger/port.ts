import type { ArtifactRef } from "../artifacts/port";

export interface LedgerActivities {
  /** Stores what happened; the same part under the same key, however often it is called. @throws artifacts.* */
  appendLedger(request: {
    readonly folder: string;
    readonly part: number;
    readonly entries: readonly unknown[];
  }): Promise<ArtifactRef>;
}
