import type { BackupMethod } from "../../activities/postgres/backup/port";
import type { StepSpec } from "../../workflows/procedure/spec";

/** What a plan and the README say of a step besides its title. */
export interface ReplicaStep extends StepSpec<ReplicaStepId> {
  /** How the step is known to have worked. */
  readonly check: string;
  /** What takes it back; absent where nothing is left. */
  readonly undo?: string;
  /** What becomes of it when its worker dies or the link drops. */
  readonly resumes: string;
}

export const replicaStepIds = [
  "preflight",
  "amcheck",
  "slot",
  "sentinel-before",
  "copy",
  "pin",
  "sentinel-after",
  "verify-files",
  "scratch",
  "publish",
  "start",
  "verify-scratch",
  "lag",
  "rows-locked",
  "round-trip",
  "record",
  "synchronous",
  "ready",
  "switchover",
  "hand-over",
] as const;
export type ReplicaStepId = (typeof replicaStepIds)[number];

const joins = "it goes on by itself on the host, and is joined";
const again = "it is repeated, which changes nothing twice";
const canGoBack = ["retry", "roll back", "abort"] as const;
const canBeSkipped = ["retry", "skip", "roll back", "abort"] as const;

type Facts = Omit<ReplicaStep, "id">;

/** What becomes of a copy that is interrupted follows from who makes it. */
const copyBy = {
  basebackup: {
    resumable: "everything is copied again, for pg_basebackup cannot go on",
    atClose: "finish",
    resumes: `${joins}; it goes on past the close of its window, since it cannot be resumed, and one that fits into no window asks before it begins`,
  },
  pgbackrest: {
    resumable: "pgBackRest goes on with the files that are whole",
    atClose: "stop",
    resumes: `${joins}; at the close of its window it is stopped, and in the next one it goes on with the files that are whole`,
  },
} as const satisfies Record<BackupMethod["kind"], Partial<Facts>>;

const steps = {
  preflight: {
    title: "Preflight: measure both hosts, change nothing",
    check: "every row of the table passes",
    resumes: again,
    readOnly: true,
    choices: ["retry", "abort"],
  },
  amcheck: {
    title: "Install amcheck on the primary",
    check: "the extension is in every database that the backup will hold",
    undo: "dropped where this run has created it",
    resumes: again,
    choices: canGoBack,
  },
  slot: {
    title: "Create the replication slot and cap what slots may hold",
    check: "the slot is reserved, and the cap is below the free disk",
    undo: "the slot is dropped, and the cap put back",
    resumes: again,
    choices: canGoBack,
  },
  "sentinel-before": {
    title: "Write the sentinel that the backup must hold",
    check: "the row is committed on the primary",
    undo: "its rows are removed",
    resumes: again,
    choices: canGoBack,
  },
  copy: {
    title: "Copy the primary",
    check: "the tool ends with 0, and the manifest is written",
    undo: "the copy is stopped and its attempt removed",
    resumes: joins,
    disruptive: true,
    choices: canGoBack,
  },
  pin: {
    title: "Pin the backup",
    check: "nothing that expires backups may remove it",
    undo: "unpinned",
    resumes: again,
    choices: canGoBack,
  },
  "sentinel-after": {
    title: "Write the sentinel that the standby must receive",
    check: "the row is committed on the primary",
    undo: "its rows are removed",
    resumes: again,
    choices: canGoBack,
  },
  "verify-files": {
    title: "Verify files, checksums and WAL (V1 to V3)",
    check: "pg_verifybackup and the manifest's own promises agree",
    resumes: joins,
    choices: canGoBack,
  },
  scratch: {
    title: "Restore into a sealed scratch instance (V5, V9)",
    check:
      "it starts without network, slot and archive, stands still at consistency, and holds the sentinel",
    undo: "the scratch instance is stopped and removed",
    resumes: joins,
    choices: canGoBack,
  },
  publish: {
    title: "Publish the backup as the replica's data directory",
    check: "the attempt is renamed, and nothing was there before",
    undo: "the data directory is renamed back and removed",
    resumes: again,
    choices: canGoBack,
  },
  start: {
    title: "Start the standby",
    check: "it streams from its slot",
    undo: "the standby is stopped",
    resumes: again,
    choices: canGoBack,
  },
  "verify-scratch": {
    title: "Read the scratch instance whole (V4, V6 to V8)",
    check: "every level that the policy asks for passes",
    resumes: joins,
    choices: canGoBack,
  },
  "rows-locked": {
    title: "Compare chosen tables under their locks (V8)",
    check: "the standby holds the same rows at the same WAL position",
    resumes: again,
    choices: canBeSkipped,
  },
  record: {
    title: "Keep the verification record",
    check: "every level that gates a promotion has passed",
    resumes: again,
    choices: canBeSkipped,
  },
  lag: {
    title: "Wait until the standby has caught up",
    check: "lag in bytes and seconds is below its limits, sample after sample",
    resumes: again,
    choices: canGoBack,
  },
  "round-trip": {
    title: "Measure the honest lag by a sentinel",
    check: "a row written on the primary is read on the standby",
    resumes: again,
    choices: canBeSkipped,
  },
  synchronous: {
    title: "Let commits wait for the standby",
    check: "the primary calls it sync",
    undo: "the setting is put back",
    resumes: again,
    choices: canBeSkipped,
  },
  ready: {
    title: "Ready: watched until somebody decides",
    check: "slot, lag, disk and settings are looked at again and again",
    resumes: again,
    readOnly: true,
    choices: canGoBack,
  },
  switchover: {
    title: "Switch over",
    check: "exactly one writable server, and the old primary follows",
    resumes: "a run of its own, which goes on",
    staysHere: true,
    undoTitle: "Clean up behind the switchover",
    choices: ["retry", "skip"],
  },
  "hand-over": {
    title: "Leave the slot to the standby and clean up",
    check: "nothing of the run is left but the standby and its slot",
    resumes: again,
    choices: ["retry", "mark done"],
  },
} as const satisfies Record<ReplicaStepId, Facts>;

/** The steps of a run in their order; which of them a run needs, its input says. */
export function replicaSteps({
  synchronous,
  comparesLocked,
  method,
}: {
  readonly synchronous: boolean;
  readonly comparesLocked: boolean;
  readonly method: BackupMethod["kind"];
}): ReplicaStep[] {
  return replicaStepIds
    .filter((id) => synchronous || id !== "synchronous")
    .filter((id) => comparesLocked || id !== "rows-locked")
    .map((id): ReplicaStep => {
      const step = { id, ...(steps[id] as Facts) };
      return id === "copy" ? { ...step, ...copyBy[method] } : step;
    });
}
