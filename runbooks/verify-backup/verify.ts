import { ApplicationFailure } from "@temporalio/workflow";
import type { StepWork } from "../../workflows/procedure/runner";
import { requirePassed } from "../checks";
import {
  discardScratches,
  openScratch,
  readScratch,
  type Verification,
} from "../verification";
import { changes, looks } from "./calls";
import { chosenLevels } from "./plan";
import type { VerifyRun } from "./run";
import type { VerifyBackupStepId } from "./steps";

/** What all levels go by. */
export function verificationOf({ prepared }: VerifyRun): Verification {
  const { host, primary, found, settings } = prepared.plan;
  const { policy, validForH } = settings;
  const { levels } = chosenLevels(settings);
  const { claim: backup, major } = found;
  return {
    ...{ host, major, backup },
    ...{ policy, levels, validForH, primary, isAgain: true },
  };
}

/** The backup is the one of the plan still, and there is room for what follows. */
export const look = (run: VerifyRun): Promise<void> =>
  run.step("look", async () => {
    const { run: mark, plan } = run.prepared;
    const { host, primary, settings, found } = plan;
    const { levels, hasScratch } = chosenLevels(settings);
    const seen = await looks.lookForVerification({
      ...{ run: mark, host, backup: found.claim.path, hasScratch },
      primary: levels.includes("V8") ? primary : undefined,
    });
    const { manifestSha256 } = seen.found.claim;
    if (manifestSha256 !== found.claim.manifestSha256)
      throw ApplicationFailure.nonRetryable(
        `${found.claim.path} is another backup than the one of the plan: its manifest is ${manifestSha256}\nhint: Abort, and start another run for the backup that is there now.`,
        "verification.changedOnDisk",
      );
    requirePassed("look.failed", seen.checks);
  });

export const pin = (run: VerifyRun): Promise<void> =>
  run.step("pin", () => changes.pinFolder(pinningOf(run)));

/** V4 to V8, as far as they are wanted. */
export async function readCopy(
  run: VerifyRun,
  verification: Verification,
): Promise<Awaited<ReturnType<typeof openScratch>> | undefined> {
  if (!chosenLevels(run.prepared.plan.settings).hasScratch) return undefined;
  const opened = await openScratch(run, verification);
  await readScratch(run, verification, opened);
  return opened;
}

/** Nothing of the run is left on the host. */
export const clean = (run: VerifyRun): Promise<void> =>
  run.step("clean", async () => {
    await discardScratches(run, verificationOf(run));
    await changes.unpinFolder(pinningOf(run));
  });

/** The same for a run that ends early; the last one that has begun comes first. */
export const inverses = (
  run: VerifyRun,
): Partial<Record<VerifyBackupStepId, StepWork<void>>> => ({
  "verify-files": () => discardScratches(run, verificationOf(run)),
  pin: () => changes.unpinFolder(pinningOf(run)),
});

const pinningOf = ({ prepared: { run, plan } }: VerifyRun) => ({
  ...{ run, replica: plan.host, path: plan.found.claim.path },
});
