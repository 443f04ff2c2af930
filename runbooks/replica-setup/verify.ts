import { ApplicationFailure } from "@temporalio/workflow";
import type { ArtifactRef } from "../../activities/artifacts/port";
import type { Backup } from "../../activities/postgres/backup/port";
import { levelsOf } from "../../activities/postgres/verify/levels";
import type {
  Level,
  LevelResult,
  LevelVerdict,
  OfScratch,
  Scratch,
  VerifyOrder,
} from "../../activities/postgres/verify/port";
import type { Sentinel } from "../../activities/postgres/slot/port";
import { changes, jobs } from "./calls";
import type { Measurement } from "./measure";
import { type ReplicaRun, serversOf } from "./run";

/** What all levels go by. */
export interface Verification {
  readonly measured: Measurement;
  readonly backup: Backup;
  /** Written right before the copy. */
  readonly sentinel: Sentinel;
}

/** V1 to V3: what can be said of the files alone. */
export const verifyFiles = (
  run: ReplicaRun,
  verification: Verification,
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
  run: ReplicaRun,
  verification: Verification,
): Promise<OpenScratch> =>
  run.step("scratch", async ({ attempt }) => {
    const order = orderOf(run, verification, attempt);
    const { result, scratch } = await jobs.openScratch(order);
    if (scratch === undefined) throw failed([result]);
    const { sentinel } = verification;
    const read = await jobs.readSentinel({ ...order, scratch, sentinel });
    return { results: passed([result, read]), scratch };
  });

/** What reads the scratch instance whole: as many levels at once as do not hinder one another. */
export async function readScratch(
  run: ReplicaRun,
  verification: Verification,
  { scratch }: OpenScratch,
): Promise<readonly LevelResult[]> {
  const { policy } = run.prepared.plan.settings.verify;
  const wanted = levelsOf(policy, "promotion");
  return run.step("verify-scratch", async ({ attempt }) => {
    const order = orderOf(run, verification, attempt);
    const of = { ...order, scratch };
    const reading = deepLevels(run, of).filter(([level]) =>
      wanted.includes(level),
    );
    const read = await Promise.all(reading.map(([, look]) => look()));
    await changes.closeScratch(of);
    const pages = wanted.includes("V4") ? [await jobs.checkPages(of)] : [];
    return passed([...read, ...pages]);
  });
}

function deepLevels(
  run: ReplicaRun,
  of: OfScratch,
): (readonly [Level, () => Promise<LevelResult>])[] {
  const { primary } = serversOf(run);
  return [
    ["V8", () => jobs.compareRows({ ...of, primary })],
    ["V6", () => jobs.amcheckScratch(of)],
    ["V7", () => jobs.dumpScratch(of)],
  ];
}

/** V8 of the tables that the input names, while their writers wait. */
export async function compareLocked(
  run: ReplicaRun,
  verification: Verification,
): Promise<readonly LevelResult[]> {
  const { primary } = serversOf(run);
  const { settings } = run.prepared.plan;
  const { locked, lockedS } = settings.verify;
  if (locked.length === 0) return [];
  type Compared = readonly LevelResult[] | undefined;
  const compared = await run.step<Compared>(
    "rows-locked",
    async ({ attempt }) => {
      const order = {
        ...orderOf(run, verification, attempt),
        ...{ primary, holdMs: lockedS * 1_000 },
      };
      const results: LevelResult[] = [];
      for (const tables of locked)
        results.push(await jobs.compareLocked({ ...order, ...tables }));
      return passed(results, ["fail", "not comparable"]);
    },
  );
  // Whoever skips it goes without.
  return compared ?? [];
}

/** The record that a promotion asks for; refused while a level that gates it has not passed. */
export const keepRecord = (
  run: ReplicaRun,
  verification: Verification,
  results: readonly LevelResult[],
  { scratch }: OpenScratch,
): Promise<ArtifactRef> =>
  run.step("record", ({ attempt }) => {
    const { policy, validForH } = run.prepared.plan.settings.verify;
    return changes.recordVerification({
      ...orderOf(run, verification, attempt),
      ...{ policy, results },
      consistentLsn: scratch.replayLsn,
      startedAt: run.state.startedAt,
      validMs: validForH * 3_600_000,
    });
  });

function orderOf(
  replicaRun: ReplicaRun,
  { measured: { facts }, backup }: Pick<Verification, "measured" | "backup">,
  generation: number,
): VerifyOrder {
  const { run } = replicaRun.prepared;
  const { replica } = serversOf(replicaRun);
  return { run, replica, major: facts.major, backup, generation };
}

/** @throws the levels that failed, by name */
function passed(
  results: readonly LevelResult[],
  faults: readonly LevelVerdict[] = ["fail"],
): readonly LevelResult[] {
  const bad = results.filter(({ verdict }) => faults.includes(verdict));
  if (bad.length > 0) throw failed(bad);
  return results;
}

function failed(bad: readonly LevelResult[]): ApplicationFailure {
  const lines = bad.map(({ level, reason, hint }) =>
    [
      `${level}: ${reason}`,
      ...(hint === undefined ? [] : [`hint: ${hint}`]),
    ].join("\n"),
  );
  return ApplicationFailure.nonRetryable(lines.join("\n"), "verify.failed");
}

/** Each scratch copy that was ever opened is ended and removed. */
export async function discardScratches(
  run: ReplicaRun,
  verification: Pick<Verification, "measured" | "backup">,
): Promise<void> {
  const { attempt: last = 1 } = run.state.steps["scratch"] ?? {};
  for (let n = last; n >= 1; n--)
    await changes.discardScratch({ ...orderOf(run, verification, n), n });
}
