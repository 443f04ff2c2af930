import { lsnOf } from "../lsn";
import { discard, type Judged, judged } from "./judged";
import { type Sentinel, sentinelTable } from "../slot/port";
import type { Scratch } from "./port";

export const sentinelQuery = (rootRunId: string, name: string): string =>
  `select to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at
from ${sentinelTable} where root_run_id = ${quoted(rootRunId)} and name = ${quoted(name)}`;

/** Of standard_conforming_strings, which no session of ours turns off. */
const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

export interface SentinelRow {
  readonly at: string;
}

/** V9: the row that was written right before the backup is in it. An older backup has none, or another one. */
export function judgeSentinel(
  rows: readonly SentinelRow[],
  claim: Sentinel,
  { replayLsn }: Pick<Scratch, "replayLsn">,
): Judged {
  const [row] = rows;
  const faults = [];
  const hint = `${discard} It is older than it is said to be.`;
  if (row === undefined)
    faults.push({
      reason: `the row ${claim.name} of ${claim.at} is not in it`,
      hint,
    });
  else if (row.at !== claim.at)
    faults.push({
      reason: `its row ${claim.name} was written at ${row.at}, expected ${claim.at}`,
      hint,
    });
  if (lsnOf(replayLsn) < lsnOf(claim.lsn))
    faults.push({
      reason: `it stands at ${replayLsn}, and the row was written by ${claim.lsn}`,
      hint,
    });
  return judged(
    "V9",
    `${claim.name} of ${claim.at}`,
    faults,
    "the row that was written right before the backup is in it",
  );
}
