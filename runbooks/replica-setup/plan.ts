import type { BackupMethod } from "../../activities/postgres/backup/port";
import type {
  PreflightLimits,
  PreflightOrder,
} from "../../activities/postgres/preflight/port";
import { readingMiBPerS } from "../verification-words";
import type { PreparedReplicaSetup, ReplicaSetupSettings } from "./contract";
import type { ReplicaStepId } from "./steps";

/** How fast bytes go before anything was measured, in MiB a second: what a plain disk and one core do. */
const assumedMiBPerS = {
  copy: 100,
  ...readingMiBPerS,
} as const satisfies Partial<Record<ReplicaStepId, number>>;

const MiB = 1_048_576;

/** What a step is thought to take, in milliseconds; absent for those that take seconds. */
export function estimateMs(
  step: ReplicaStepId,
  bytes: number,
  { backup }: Pick<ReplicaSetupSettings, "backup">,
): number | undefined {
  if (!isLong(step)) return undefined;
  const limit =
    step === "copy" && backup.method === "basebackup"
      ? (backup.maxRateMiB ?? Infinity)
      : Infinity;
  const rate = Math.min(assumedMiBPerS[step], limit) * MiB;
  return Math.ceil((bytes / rate) * 1_000);
}

const isLong = (step: ReplicaStepId): step is keyof typeof assumedMiBPerS =>
  Object.hasOwn(assumedMiBPerS, step);

/** A copy that goes on in the next window needs of each no more than is worth its start, in milliseconds. */
const worthAStartMs = 10 * 60_000;

/** What is left of a window when a copy starts in it, in milliseconds. */
export const copyNeedMs = (
  { kind }: Pick<BackupMethod, "kind">,
  copyMs: number,
): number => (kind === "pgbackrest" ? Math.min(copyMs, worthAStartMs) : copyMs);

/** All of them in a row, in milliseconds. */
export const estimatedTotalMs = (
  bytes: number,
  settings: Pick<ReplicaSetupSettings, "backup">,
): number =>
  (Object.keys(assumedMiBPerS) as ReplicaStepId[]).reduce(
    (sum, step) => sum + (estimateMs(step, bytes, settings) ?? 0),
    0,
  );

/** What preflight goes by, where the input says it. */
function limitsOf({
  preflight: { walRateOverS, longTransactionS },
  backup,
}: Pick<
  ReplicaSetupSettings,
  "preflight" | "backup"
>): Partial<PreflightLimits> {
  const rate =
    backup.method === "basebackup"
      ? Math.min(backup.maxRateMiB ?? Infinity, assumedMiBPerS.copy)
      : assumedMiBPerS.copy;
  return {
    walRateOverMs: walRateOverS * 1_000,
    longTransactionMs: longTransactionS * 1_000,
    copyBytesPerS: rate * MiB,
    verifyBytesPerS: assumedMiBPerS["verify-scratch"] * MiB,
  };
}

/** Bytes a slot may hold: what the input says, else what preflight found room for. */
export const capBytesOf = (
  { slot: { capMiB } }: Pick<ReplicaSetupSettings, "slot">,
  { slotCapBytes }: { readonly slotCapBytes: number },
): number => (capMiB === undefined ? slotCapBytes : capMiB * MiB);

export function methodOf(backup: ReplicaSetupSettings["backup"]): BackupMethod {
  if (backup.method === "pgbackrest") {
    const { method: kind, ...rest } = backup;
    return { kind, ...rest };
  }
  const { maxRateMiB, compress } = backup;
  return {
    kind: "basebackup",
    maxRateBytes: maxRateMiB === undefined ? undefined : maxRateMiB * MiB,
    compress,
  };
}

const soonMs = 15_000;
const slowestMs = 15 * 60_000;

/**
 * A standby that waits for days is looked at ever less often, for each look is part of the history; one that has changed
 * is looked at again soon, so that what began in the night is told when it is over.
 *
 * @param lastMs milliseconds between the last two looks
 */
export const nextLookMs = (lastMs: number, isChanged: boolean): number =>
  isChanged ? soonMs : Math.min(2 * lastMs, slowestMs);

export function orderOfPreflight({
  run,
  plan: { primary, replica, settings },
}: Pick<PreparedReplicaSetup, "run" | "plan">): PreflightOrder {
  return { run, primary, replica, limits: limitsOf(settings) };
}
