/** The steps that verify a backup, for every runbook that verifies one. */

import { ApplicationFailure, proxyActivities } from "@temporalio/workflow";
import type { ArtifactRef } from "../activities/artifacts/port";
import type { PostgresServer, RunMark } from "../activities/postgres/port";
import type { Sentinel } from "../activities/postgres/slot/port";
import type {
  BackupClaim,
  Level,
  LevelResult,
  LevelVerdict,
  OfScratch,
  Policy,
  Scratch,
  VerifyActivities,
  VerifyOrder,
} from "../activities/postgres/verify/port";
import type { StepWork } from "../workflows/procedure/runner";
import type { ProcedureState } from "../workflows/procedure/state";
import { changing, joining } from "./server-calls";

const changes = proxyActivities<VerifyActivities>(changing);
const jobs = proxyActivities<VerifyActivities>(joining);

const readingSteps = ["verify-files", "scratch", "verify-scratch"] as const;
type VerifyStep = (typeof readingSteps)[number] | "record";

/** A run that verifies a backup. */
interface Verifying {
  readonly prepared: { readonly run: RunMark };
  readonly state: Pick<ProcedureState, "steps" | "startedAt">;
  step<T>(id: VerifyStep, work: StepWork<T>): Promise<T>;
}

/** Which backup lies where. */
export interface OnHost {
  readonly host: PostgresServer;
  /** Of the programs that read it. */
  readonly major: number;
  readonly backup: BackupClaim;
}

/** What all levels go by. */
export interface Verification extends OnHost {
  readonly policy: Policy;
  /** Those of the scratch instance that are wanted; V5 always is. */
  readonly levels: readonly Level[];
  /** Whose rows are compared. */
  readonly primary?: PostgresServer | undefined;
  /** Written right before the copy. */
  readonly sentinel?: Sentinel | undefined;
  readonly validForH: number;
  /** A record that lets nothing be promoted is kept, too. */
  readonly isAgain?: true;
}

/** V1 to V3: what can be said of the files alone. */
export const verifyFiles = (
  run: Verifying,
  verification: OnHost,
): Promise<readonly LevelResult[]> =>
  run.step("verify-files", async ({ attempt }) =>
    passed(await jobs.verifyManifest(orderOf(run, verification, attempt))),
  );

export interface OpenScratch {
  readonly scratch: Scratch;
  readonly results: readonly LevelResult[];
}

/** V5 and V9: a server starts from a copy of the backup, sealed from everything, and holds what was written right before. */
export const openScratch = (
  run: Verifying,
  verification: Verification,
): Promise<OpenScratch> =>
  run.step("scratch", async ({ attempt }) => {
    const order = orderOf(run, verification, attempt);
    // Two copies at once could fill the disk.
    if (attempt > 1) await discard(run, verification, attempt - 1);
    const { result, scratch } = await jobs.openScratch(order);
    if (scratch === undefined) throw failed([result]);
    const { sentinel } = verification;
    if (sentinel === undefined) return { results: passed([result]), scratch };
    const read = await jobs.readSentinel({ ...order, scratch, sentinel });
    return { results: passed([result, read]), scratch };
  });

/** What reads the scratch instance whole: as many levels at once as do not hinder one another. */
export const readScratch = (
  run: Verifying,
  verification: Verification,
  { scratch }: OpenScratch,
): Promise<readonly LevelResult[]> =>
  run.step("verify-scratch", async ({ attempt }) => {
    const { levels } = verification;
    const of = { ...orderOf(run, verification, attempt), scratch };
    const reading = deepLevels(verification, of).filter(([level]) =>
      levels.includes(level),
    );
    const read = await Promise.all(reading.map(([, look]) => look()));
    await changes.closeScratch(of);
    const pages = levels.includes("V4") ? [await jobs.checkPages(of)] : [];
    return passed([...read, ...pages]);
  });

function deepLevels(
  { primary }: Verification,
  of: OfScratch,
): (readonly [Level, () => Promise<LevelResult>])[] {
  return [
    ...(primary === undefined
      ? []
      : [["V8", () => jobs.compareRows({ ...of, primary })] as const]),
    ["V6", () => jobs.amcheckScratch(of)],
    ["V7", () => jobs.dumpScratch(of)],
  ];
}

/** What was found, as a promotion asks for it; refused there while a level that gates it has not passed. */
export const keepRecord = (
  run: Verifying,
  verification: Verification,
  results: readonly LevelResult[],
  scratch: Scratch | undefined,
): Promise<ArtifactRef> =>
  run.step("record", ({ attempt }) => {
    const { policy, validForH, isAgain } = verification;
    return changes.recordVerification({
      ...orderOf(run, verification, attempt),
      ...{ policy, results, ...(isAgain && { isAgain }) },
      consistentLsn: scratch?.replayLsn,
      startedAt: run.state.startedAt,
      validMs: validForH * 3_600_000,
    });
  });

export const orderOf = (
  { prepared: { run } }: Pick<Verifying, "prepared">,
  { host: replica, major, backup }: OnHost,
  generation: number,
): VerifyOrder => ({ run, replica, major, backup, generation });

/** @throws the levels that failed, by name */
export function passed(
  results: readonly LevelResult[],
  faults: readonly LevelVerdict[] = ["fail"],
): readonly LevelResult[] {
  const bad = results.filter(({ verdict }) => faults.includes(verdict));
  if (bad.length === 0) return results;
  throw failed(
    bad,
    results.filter((result) => !bad.includes(result)),
  );
}

/** Those that failed come first; the others are told, too, for nothing else keeps them. */
function failed(
  bad: readonly LevelResult[],
  others: readonly LevelResult[] = [],
): ApplicationFailure {
  const lines = [
    ...bad.flatMap(({ level, reason, measured, hint }) => [
      `${level}: ${reason} (${measured})`,
      ...(hint === undefined ? [] : [`hint: ${hint}`]),
    ]),
    ...others.map(
      ({ level, verdict, measured, reason }) =>
        `${level} ${verdict}: ${measured}; ${reason}`,
    ),
  ];
  return ApplicationFailure.nonRetryable(lines.join("\n"), "verify.failed");
}

/** Each scratch copy that was ever opened is ended and removed, with whatever still reads the backup. */
export async function discardScratches(
  run: Pick<Verifying, "prepared" | "state">,
  verification: OnHost,
): Promise<void> {
  const { steps } = run.state;
  const last = Math.max(...readingSteps.map((id) => steps[id]?.attempt ?? 1));
  for (let n = last; n >= 1; n--) await discard(run, verification, n);
}

const discard = (
  run: Pick<Verifying, "prepared">,
  verification: OnHost,
  n: number,
): Promise<unknown> =>
  changes.discardScratch({ ...orderOf(run, verification, n), n });
