import type { Ended } from "../port";
import { lsnOf } from "../lsn";
import type { BackupFacts, WalRange } from "./facts";
import { discard, type Fault, type Judged, judged, said } from "./judged";
import type { BackupClaim } from "./port";

/** What pg_waldump said of one range of the manifest. */
export interface WalRead extends WalRange {
  readonly ended: Ended;
}

/**
 * V3: the WAL that makes the copy consistent is whole and its own. Label, control file and manifest agree with each other and
 * with what was recorded, pg_waldump parses every range, and each segment carries the cluster's identifier.
 */
export function judgeWal(
  facts: BackupFacts,
  reads: readonly WalRead[],
  claim: BackupClaim,
): Judged {
  const ranges = facts.manifest?.ranges ?? [];
  const measured =
    ranges.length === 0
      ? "no WAL range"
      : ranges
          .map(
            ({ timeline, startLsn, endLsn }) =>
              `${startLsn} to ${endLsn} on timeline ${timeline}`,
          )
          .join(", ");
  const faults = [
    ...labelFaults(facts, claim),
    ...identityFaults(facts, claim),
    ...rangeFaults(ranges, claim),
    ...readFaults(ranges, reads),
    ...folderFaults(facts, claim),
  ];
  return judged(
    "V3",
    measured,
    faults,
    "the WAL from start to end of the backup is whole, and of this cluster",
  );
}

const fault = (reason: string, hint = discard): Fault => ({ reason, hint });

function labelFaults({ label }: BackupFacts, claim: BackupClaim): Fault[] {
  if (label === undefined)
    return [
      fault(
        "there is no backup_label that can be read: a server would start from it all the same, and be corrupt",
      ),
    ];
  const faults: Fault[] = [];
  if (label.isIncremental)
    faults.push(
      fault(
        "it is an incremental backup",
        "Combine it with its full backup by pg_combinebackup, and verify what comes out.",
      ),
    );
  if (label.startLsn !== claim.startLsn || label.timeline !== claim.timeline)
    faults.push(
      fault(
        `backup_label starts at ${label.startLsn} on timeline ${label.timeline}, recorded was ${claim.startLsn} on timeline ${claim.timeline}`,
      ),
    );
  return faults;
}

function identityFaults(facts: BackupFacts, claim: BackupClaim): Fault[] {
  const { control, controlWarning, manifest } = facts;
  const faults: Fault[] = [];
  if (controlWarning !== undefined)
    faults.push(fault(`pg_control is damaged: ${controlWarning}`));
  const seen = control["Database system identifier"];
  const foreign = (what: string, id = "none") =>
    fault(
      `${what} says system identifier ${id}, expected ${claim.systemIdentifier}`,
      "This is a backup of another cluster: find out which host and folder were meant.",
    );
  if (seen !== claim.systemIdentifier) faults.push(foreign("pg_control", seen));
  if (
    manifest?.version === 2 &&
    manifest.systemIdentifier !== claim.systemIdentifier
  )
    faults.push(foreign("the manifest", manifest.systemIdentifier));
  return faults;
}

function rangeFaults(ranges: readonly WalRange[], claim: BackupClaim): Fault[] {
  const [first] = ranges;
  const last = ranges.at(-1);
  if (first === undefined || last === undefined)
    return [
      fault(
        "the manifest names no WAL: nothing could make the copy consistent",
      ),
    ];
  const faults: Fault[] = [];
  if (
    first.startLsn !== claim.startLsn ||
    last.endLsn !== claim.endLsn ||
    last.timeline !== claim.timeline
  )
    faults.push(
      fault(
        `the manifest's WAL runs from ${first.startLsn} to ${last.endLsn} on timeline ${last.timeline}, recorded was ${claim.startLsn} to ${claim.endLsn} on timeline ${claim.timeline}`,
      ),
    );
  for (const { startLsn, endLsn } of ranges)
    if (lsnOf(startLsn) >= lsnOf(endLsn))
      faults.push(fault(`the WAL range ${startLsn} to ${endLsn} is empty`));
  return faults;
}

/** A range that nobody read is no range that is whole. */
function readFaults(
  ranges: readonly WalRange[],
  reads: readonly WalRead[],
): Fault[] {
  return ranges.flatMap(({ timeline, startLsn, endLsn }) => {
    const read = reads.find(
      (one) =>
        one.timeline === timeline &&
        one.startLsn === startLsn &&
        one.endLsn === endLsn,
    );
    if (read?.ended.exitCode === 0) return [];
    const why =
      read === undefined
        ? "was not read"
        : said(read.ended.stderr + read.ended.stdout);
    return [
      fault(`WAL ${startLsn} to ${endLsn} on timeline ${timeline}: ${why}`),
    ];
  });
}

function folderFaults(
  { segments, histories }: BackupFacts,
  claim: BackupClaim,
): Fault[] {
  const foreign = segments.filter(
    ({ systemIdentifier: id }) =>
      /^[1-9]\d*$/.test(id) && id !== claim.systemIdentifier,
  );
  const faults = foreign
    .slice(0, 2)
    .map(({ name, systemIdentifier }) =>
      fault(`pg_wal/${name} is WAL of the system ${systemIdentifier}`),
    );
  const later = [...segments.map(({ name }) => name), ...histories].filter(
    (name) => parseInt(name.slice(0, 8), 16) > claim.timeline,
  );
  if (later.length > 0)
    faults.push(
      fault(
        `pg_wal has ${later.slice(0, 3).join(", ")} of a timeline after ${claim.timeline}`,
        "A server would follow that timeline instead of its own: discard the copy.",
      ),
    );
  return faults;
}
