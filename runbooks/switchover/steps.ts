import { switchSteps as ofServers } from "../../activities/postgres/switchover/plan";
import type { StepSpec } from "../../workflows/procedure/spec";

/** What a plan and the README say of a step besides its title. */
export interface SwitchStep extends StepSpec<SwitchStepId> {
  /** How the step is known to have worked. */
  readonly check: string;
  /** What takes it back; absent where nothing is left. */
  readonly undo?: string;
  /** What becomes of it when its worker dies or the link drops. */
  readonly resumes: string;
}

/** What the servers go through, with what the run asks and proves around it. */
export const switchStepIds = ["look", "record", ...ofServers, "prove"] as const;
export type SwitchStepId = (typeof switchStepIds)[number];

const again = "it is repeated, which changes nothing twice";
const inBox = { urgent: true, choices: ["retry"] } as const;

type Facts = Omit<SwitchStep, "id">;

const steps: Readonly<Record<SwitchStepId, Facts>> = {
  look: {
    title: "Look at both servers, change nothing",
    check: "every guard passes",
    resumes: again,
    readOnly: true,
    choices: ["retry", "abort"],
  },
  record: {
    title: "Read the record of the standby's verification",
    check:
      "it speaks of this standby's backup, has not expired, and its levels let it be promoted",
    resumes: again,
    readOnly: true,
    choices: ["retry", "abort"],
  },
  guards: {
    title: "Look once more, at the last second",
    check: "every guard still passes",
    resumes: again,
    disruptive: true,
    choices: ["retry", "abort"],
  },
  drain: {
    title: "Hold clients back",
    check: "no transaction of theirs runs any more",
    undo: "clients go on, on the server that takes writes",
    undoTitle: "Go back: let clients go on",
    resumes: again,
    ...inBox,
  },
  checkpoint: {
    title: "Checkpoint, so that the shutdown is short",
    check: "it is written",
    resumes: again,
    ...inBox,
  },
  stop: {
    title: "Stop the primary",
    check: "no process, no answer, and its files say `shut down`",
    undo: "the standby is proven not to be promoted, then the old primary is opened",
    undoTitle: "Go back: open the old primary",
    resumes: again,
    ...inBox,
  },
  received: {
    title: "Prove that the standby has everything",
    check: "it has replayed past the record of the shutdown",
    resumes: again,
    ...inBox,
  },
  fence: {
    title: "Fence the old primary",
    check: "whoever starts it starts a standby",
    undo: "with the primary; the standby streams from it again",
    undoTitle: "Go back: let the other server follow",
    resumes: again,
    ...inBox,
  },
  promote: {
    title: "Promote the standby",
    check: "it says that it takes writes",
    undo: "the old primary follows, the new one is closed, and the old one promoted; the new one is kept where that cannot be, or somebody has written on it",
    undoTitle: "Go back: close the new primary",
    resumes: again,
    ...inBox,
  },
  timeline: {
    title: "Prove the new timeline",
    check: "the same cluster, on a timeline after the old one",
    resumes: again,
    ...inBox,
  },
  resume: {
    title: "Let clients go on, on the new primary",
    check: "it takes writes, and PgBouncer leads there",
    undo: "forward only from its begin, for clients write there: switch over in the other direction",
    resumes: again,
    ...inBox,
  },
  rejoin: {
    title: "Let the old primary follow",
    check: "it streams from the new one, on the new timeline",
    resumes: again,
    urgent: true,
    disruptive: true,
    choices: ["retry", "mark done"],
  },
  prove: {
    title: "Prove both: one takes writes, one follows",
    check:
      "the new primary writes its timeline, and the old one is close behind",
    resumes: again,
    urgent: true,
    choices: ["retry", "mark done"],
  },
};

/** The steps of a run in their order. */
export function switchSteps({
  hasRecord,
  timeBoxMs,
}: {
  readonly hasRecord: boolean;
  readonly timeBoxMs: number;
}): SwitchStep[] {
  return switchStepIds
    .filter((id) => hasRecord || id !== "record")
    .map((id): SwitchStep => {
      const facts = steps[id];
      if (id !== "guards") return { id, ...facts };
      // There and back again.
      return { id, ...facts, needMs: 2 * timeBoxMs };
    });
}
