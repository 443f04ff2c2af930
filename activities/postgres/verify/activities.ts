import { beatingWithProgress } from "../../progress-signal";
import { amcheckScratch } from "./amcheck-scratch";
import { checkPages, closeScratch } from "./close-scratch";
import { compareLocked } from "./compare-locked";
import { compareRows } from "./compare-rows";
import { describeBackup } from "./describe-backup";
import { discardScratch } from "./discard-scratch";
import { dumpScratch } from "./dump-scratch";
import { lookForVerification } from "./find-backup";
import { readOwnVerification } from "./own-verification";
import { openScratch } from "./open-scratch";
import type { VerifyActivities } from "./port";
import { readSentinel } from "./read-sentinel";
import { readVerification, recordVerification } from "./record-store";
import { verifyManifest } from "./verify-manifest";
import type { VerifyDependencies, VerifyWork } from "./work";

export function createVerifyActivities(
  deps: VerifyDependencies,
): VerifyActivities {
  const activity =
    <Order, Result>(
      run: (work: VerifyWork, order: Order) => Promise<Result>,
    ): ((order: Order) => Promise<Result>) =>
    (order) =>
      beatingWithProgress((signal, tell) => run({ deps, signal, tell }, order));
  return {
    describeBackup: activity(describeBackup),
    lookForVerification: activity(lookForVerification),
    verifyManifest: activity(verifyManifest),
    openScratch: activity(openScratch),
    amcheckScratch: activity(amcheckScratch),
    dumpScratch: activity(dumpScratch),
    compareRows: activity(compareRows),
    compareLocked: activity(compareLocked),
    readSentinel: activity(readSentinel),
    closeScratch: activity(closeScratch),
    checkPages: activity(checkPages),
    discardScratch: activity(discardScratch),
    recordVerification: activity(recordVerification),
    readVerification: activity(readVerification),
    readOwnVerification: activity(readOwnVerification),
  };
}
