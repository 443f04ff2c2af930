import type { StepSpec } from "../../workflows/procedure/spec";

/** What a plan and the README say of a step besides its title. */
export interface VerifyBackupStep extends StepSpec<VerifyBackupStepId> {
  /** How the step is known to have worked. */
  readonly check: string;
  /** What takes it back; absent where nothing is left. */
  readonly undo?: string;
  /** What becomes of it when its worker dies or the link drops. */
  readonly resumes: string;
}

const stepIds = [
  "look",
  "pin",
  "verify-files",
  "scratch",
  "verify-scratch",
  "record",
  "clean",
] as const;
export type VerifyBackupStepId = (typeof stepIds)[number];

const joins = "it goes on by itself on the host, and is joined";
const again = "it is repeated, which changes nothing twice";
const canEnd = ["retry", "abort"] as const;

/** None changes anything but the run's own scratch copy: they wait for no lock and no freeze. */
const reads = { readOnly: true, choices: canEnd } as const;

const steps = {
  look: {
    title: "Look at the backup and the room for a copy",
    check: "it is the one of the plan, and its scratch copy fits",
    resumes: again,
    ...reads,
  },
  pin: {
    title: "Pin the backup",
    check: "nothing of ours removes it while it is read",
    undo: "unpinned",
    undoTitle: "Take the pin back",
    resumes: again,
    ...reads,
  },
  "verify-files": {
    title: "Verify files, checksums and WAL (V1 to V3)",
    check: "pg_verifybackup and the manifest's own promises agree",
    undo: "what reads the backup is ended, and the scratch copy removed",
    undoTitle: "Remove the scratch copy, and end what reads the backup",
    resumes: joins,
    ...reads,
  },
  scratch: {
    title: "Restore into a sealed scratch instance (V5)",
    check:
      "it starts without network, slot and archive, and stands still at consistency",
    resumes: joins,
    ...reads,
  },
  "verify-scratch": {
    title: "Read the scratch instance whole (V4, V6 to V8)",
    check: "every level that is asked for passes",
    resumes: joins,
    ...reads,
  },
  record: {
    title: "Keep the verification record",
    check: "it is in the artifact store",
    resumes: again,
    ...reads,
  },
  clean: {
    title: "Remove the scratch copy and take the pin back",
    check: "nothing of the run is left on the host",
    resumes: again,
    ...reads,
  },
} as const satisfies Record<
  VerifyBackupStepId,
  Omit<VerifyBackupStep, "id" | "asksNobody">
>;

/** The steps of a run in their order. */
export const verifyBackupSteps = ({
  hasScratch,
  isScheduled,
}: {
  readonly hasScratch: boolean;
  readonly isScheduled: boolean;
}): VerifyBackupStep[] =>
  stepIds
    .filter((id) => hasScratch || (id !== "scratch" && id !== "verify-scratch"))
    .map((id) => ({
      ...{ id, ...steps[id] },
      ...(isScheduled ? { asksNobody: true as const } : {}),
    }));
