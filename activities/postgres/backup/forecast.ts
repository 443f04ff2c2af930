import { bytesInWords } from "../../bytes-in-words";
import type { StepProgress } from "../port";

/** One look at a copy. */
export interface CopySample {
  /** Of the clock that the looks share. */
  readonly atMs: number;
  /** Words of the server; absent while it has no such backup, or tells nothing. */
  readonly phase?: string | undefined;
  readonly doneBytes?: number | undefined;
  /** The server's estimate; absent until it has made one. */
  readonly totalBytes?: number | undefined;
  /** Since its connection began. */
  readonly runsMs?: number | undefined;
}

export interface CopyLimits {
  /** Before the server has an estimate. */
  readonly expectedBytes: number;
  readonly maxRateBytes?: number | undefined;
}

export interface Forecast {
  readonly progress: StepProgress;
  /** Smoothed; bytes a second. */
  readonly rate?: number | undefined;
  /** Of the last look that told bytes. */
  readonly last?: { readonly atMs: number; readonly bytes: number } | undefined;
}

/** A look counts for less the older it is: e-fold. A checkpoint of the primary slows a copy for about as long. */
const memoryMs = 30_000;
const streaming = "streaming database files";

const words: Readonly<Record<string, string>> = {
  initializing: "begins",
  "waiting for checkpoint to finish": "waits for a checkpoint of the primary",
  "estimating backup size": "waits for the primary's estimate of the size",
  "waiting for wal archiving to finish": "waits for WAL to be archived",
  "transferring wal files": "copies the last WAL",
};

/** @param before of the look before this one */
export function nextForecast(
  before: Forecast | undefined,
  sample: CopySample,
  limits: CopyLimits,
): Forecast {
  const { doneBytes, phase } = sample;
  if (phase === undefined) return unseen(before, limits);
  if (phase !== streaming) return outsideOfCopy(before, phase, sample, limits);
  const bytes = doneBytes ?? 0;
  const rate = nextRate(before, { ...sample, bytes }, limits);
  const last = { atMs: sample.atMs, bytes };
  return { rate, last, progress: copying(sample, bytes, rate, limits) };
}

/** Before its backup is seen, and again behind it, while pg_basebackup syncs what it has received. */
function unseen(before: Forecast | undefined, limits: CopyLimits): Forecast {
  if (before?.last === undefined)
    return { progress: { ...unbegun(limits), line: "begins" } };
  const { percent = 0 } = before.progress;
  // The link to the primary may be what is lost, so nothing is said of what the copy has reached.
  const line =
    percent >= 99
      ? "writes to disk what it has received"
      : "goes on; the primary tells nothing of it at the moment";
  return { ...before, progress: { ...before.progress, line } };
}

function outsideOfCopy(
  before: Forecast | undefined,
  phase: string,
  { doneBytes = 0 }: CopySample,
  limits: CopyLimits,
): Forecast {
  const line = words[phase] ?? phase;
  if (before?.last === undefined && doneBytes === 0)
    return { ...before, progress: { ...unbegun(limits), line } };
  return { ...before, progress: { ...ended(doneBytes), line } };
}

const unbegun = ({
  expectedBytes,
  maxRateBytes,
}: CopyLimits): Omit<StepProgress, "line"> => ({
  ...{ step: "copy", percent: 0 },
  ...{ doneBytes: 0, totalBytes: expectedBytes },
  ...(maxRateBytes !== undefined && {
    etaMs: inMs(expectedBytes, maxRateBytes),
  }),
});

const ended = (doneBytes: number): Omit<StepProgress, "line"> => ({
  ...{ step: "copy", percent: 99, doneBytes, totalBytes: doneBytes },
});

function copying(
  { totalBytes }: CopySample,
  doneBytes: number,
  rate: number | undefined,
  { expectedBytes }: CopyLimits,
): StepProgress {
  const total = totalBytes ?? expectedBytes;
  const at = rate === undefined ? "" : ` at ${bytesInWords(rate)}/s`;
  // An estimate, which a growing database passes: then nobody knows how much is left.
  if (doneBytes >= total)
    return {
      ...ended(doneBytes),
      line: `copied ${bytesInWords(doneBytes)}, more than was estimated${at}`,
    };
  return {
    ...{ step: "copy", doneBytes, totalBytes: total },
    percent: Math.min(99, (doneBytes / total) * 100),
    ...(rate !== undefined &&
      rate > 0 && { etaMs: inMs(total - doneBytes, rate) }),
    line: `copies its files${at}`,
  };
}

/** Of the first look: what it has reached since it began, so that whoever joins a copy has a forecast at once. */
function nextRate(
  { rate, last }: Partial<Forecast> = {},
  { atMs, bytes, runsMs = 0 }: CopySample & { readonly bytes: number },
  { maxRateBytes = Infinity }: CopyLimits,
): number | undefined {
  if (last === undefined || bytes < last.bytes)
    return runsMs >= 1_000 ? (bytes / runsMs) * 1_000 : rateOf(maxRateBytes);
  const pastMs = atMs - last.atMs;
  if (pastMs <= 0) return rate;
  const seen = ((bytes - last.bytes) / pastMs) * 1_000;
  if (rate === undefined) return seen;
  const weight = 1 - Math.exp(-pastMs / memoryMs);
  return rate + weight * (seen - rate);
}

const rateOf = (limit: number): number | undefined =>
  Number.isFinite(limit) ? limit : undefined;

const inMs = (bytes: number, rate: number): number =>
  Math.round((bytes / rate) * 1_000);
