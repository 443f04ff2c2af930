import { egressSteps } from "../../runbooks/egress-migration/steps";
import { replicaSteps } from "../../runbooks/replica-setup/steps";
import { switchSteps } from "../../runbooks/switchover/steps";
import { verifyBackupSteps } from "../../runbooks/verify-backup/steps";
import { listInPage } from "./list-in-page";

interface Step {
  readonly title: string;
  readonly check: string;
  readonly undo?: string;
}

/** Every step that a run of the runbook may have. */
const stepsOf: Readonly<Record<string, readonly Step[]>> = {
  "egress-migration": egressSteps({ hasList: true }),
  "replica-setup": replicaSteps({
    ...{ synchronous: true, comparesLocked: true, method: "basebackup" },
  }),
  switchover: switchSteps({ hasRecord: true, timeBoxMs: 0 }),
  "verify-backup": verifyBackupSteps({ hasScratch: true, isScheduled: false }),
};

const lineOf = ({ title, check, undo }: Step): string =>
  `- **${title}.** Check: ${check}.${undo === undefined ? "" : ` Undo: ${undo}.`}`;

describe("the README of a runbook", () => {
  it.each(Object.entries(stepsOf))(
    "of %s has every step by its title, with its check and its undo",
    (runbook, steps) => {
      listInPage(`runbooks/${runbook}/README.md`, steps.map(lineOf).join("\n"));
    },
  );
});
