import { isRunbookError } from "../../errors";
import { failureOfExit } from "../../ssh/job-failure";
import { doneOf } from "../backup/attempts";
import { nameOf } from "../run-mark";
import { describeBackup } from "./describe-backup";
import { verificationError } from "./errors";
import { type Finding, findScript, readFinding } from "./find-script";
import {
  clusterCheck,
  placeFaults,
  roomCheck,
  unfinished,
} from "./judge-finding";
import type {
  BackupClaim,
  BackupSought,
  FindOrder,
  LookOrder,
  LookResult,
} from "./port";
import { lookMs, type LookWork } from "./work";

/**
 * The backup that somebody named, or everything that is wrong with the name. Changes nothing.
 *
 * @throws verification.unreadable, ssh.*, postgres.noProgram
 */
export async function findBackup(
  work: LookWork,
  { host, backup: word }: FindOrder,
): Promise<BackupSought> {
  const { deps, signal } = work;
  const ended = await deps.programs.script(host, {
    ...{ script: findScript, args: [host.workFolder, word] },
    ...{ timeoutMs: lookMs, signal },
  });
  const finding = readFinding(ended.stdout);
  if (finding === undefined)
    throw (
      failureOfExit(ended, "the look for the backup", host.id) ??
      verificationError("unreadable", {
        seen: `the look for ${word} on ${host.id} did not come to its end`,
        facts: { path: word, host: host.id },
      })
    );
  const faults = placeFaults(finding, host.workFolder);
  if (faults.length > 0) return { faults };
  const { path, major, bytes, freeBytes } = finding;
  const claim = await claimOf(work, host, finding);
  if (claim === undefined || major === undefined)
    return { faults: [unfinished(path)] };
  return { faults, found: { claim, major, bytes, freeBytes } };
}

/** What was recorded when it was taken; of one that this product has not taken, what it says of itself. */
async function claimOf(
  work: LookWork,
  replica: FindOrder["host"],
  { path, done, major, isPartial }: Finding,
): Promise<BackupClaim | undefined> {
  const recorded = done === undefined ? undefined : doneOf(done);
  if (recorded !== undefined) {
    const { backupId, systemIdentifier, manifestSha256 } = recorded;
    const { startLsn, endLsn, timeline } = recorded;
    return {
      ...{ backupId, path, systemIdentifier, manifestSha256 },
      ...{ startLsn, endLsn, timeline },
    };
  }
  if (major === undefined || isPartial) return undefined;
  try {
    const { claim } = await describeBackup(work, { replica, major, path });
    return claim;
  } catch (error) {
    if (isRunbookError(error) && error.type === "verification.unreadable")
      return undefined;
    throw error;
  }
}

/**
 * The same right before the work, with what it needs: room for a copy, and for a comparison of rows the very cluster.
 *
 * @throws verification.*, ssh.*, postgres.*
 */
export async function lookForVerification(
  work: LookWork,
  { run, primary, hasScratch, ...order }: LookOrder,
): Promise<LookResult> {
  const { found, faults } = await findBackup(work, order);
  if (found === undefined)
    throw verificationError("unreadable", {
      seen: faults.map((fault) => `${fault.found}`).join("; "),
      facts: { path: order.backup, host: order.host.id },
    });
  const options = { applicationName: nameOf(run), signal: work.signal };
  const [row] =
    primary === undefined
      ? []
      : await work.deps.sql.query<{ id: string }>(
          primary.sql,
          options,
          "select system_identifier::text as id from pg_control_system()",
        );
  const { systemIdentifier } = found.claim;
  return {
    found,
    checks: [
      ...(hasScratch ? [roomCheck(found)] : []),
      ...(primary === undefined
        ? []
        : [clusterCheck(systemIdentifier, row?.id ?? "nothing")]),
    ],
  };
}
