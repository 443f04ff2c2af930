import type { ArtifactStore } from "../artifacts/port";
import { beating } from "../beating";
import type { LedgerActivities } from "./port";

export function createLedgerActivities({
  artifacts,
}: {
  readonly artifacts: Pick<ArtifactStore, "put">;
}): LedgerActivities {
  return {
    appendLedger: ({ folder, part, entries }) =>
      beating(() =>
        artifacts.put(
          `${folder}/ledger/${part}.json`,
          `${JSON.stringify(entries)}\n`,
        ),
      ),
  };
}
