import { bytesInWords } from "../../bytes-in-words";
import { lsnOf } from "../lsn";
import type { LagGate, LagSample, LagSight } from "./port";

/**
 * Whether the lag was within the gate for so many samples in a row, up to the last one. What is not known is not within:
 * no connection, another state than streaming, no sample yet from when the primary stood where the standby stands.
 *
 * Seconds are not taken from timestamps of transactions, which stand still while a primary is idle.
 */
export function lagVerdict(
  samples: readonly LagSample[],
  gate: LagGate,
): LagSight {
  let held = 0;
  for (let end = samples.length; end > 0 && isWithin(samples, end, gate); end--)
    held++;
  const { bytes, seconds } = lagAt(samples, samples.length);
  const state = samples.at(-1)?.state;
  const isCaughtUp = held >= gate.samples;
  return {
    verdict: isCaughtUp ? "caught up" : "behind",
    ...{ bytes, seconds, held },
    reason: reasonOf({ state, bytes, seconds }, held, gate),
  };
}

function reasonOf(
  { state, bytes, seconds }: Partial<LagSight> & Pick<LagSample, "state">,
  held: number,
  gate: LagGate,
): string {
  if (state === undefined) return "the standby is not connected";
  if (state !== "streaming") return `the standby is in state ${state}`;
  const limit = `${bytesInWords(gate.bytes)} and ${gate.seconds} s`;
  return `${behindInWords(bytes, seconds)} (limit ${limit}), within for ${held} of ${gate.samples} samples`;
}

const behindInWords = (bytes?: number, seconds?: number): string =>
  `${bytes === undefined ? "unknown bytes" : bytesInWords(bytes)} and ${seconds?.toFixed(1) ?? "unknown"} s behind`;

function isWithin(
  samples: readonly LagSample[],
  end: number,
  gate: LagGate,
): boolean {
  const { bytes, seconds } = lagAt(samples, end);
  return (
    samples[end - 1]?.state === "streaming" &&
    bytes !== undefined &&
    seconds !== undefined &&
    bytes <= gate.bytes &&
    seconds <= gate.seconds
  );
}

/** Of the last of the first `end` samples. */
function lagAt(
  samples: readonly LagSample[],
  end: number,
): Pick<LagSight, "bytes" | "seconds"> {
  const last = samples[end - 1];
  const replayed = last?.replayLsn;
  if (last === undefined || replayed === undefined) return {};
  const bytes = Math.max(0, bytesBetween(last.primaryLsn, replayed));
  if (bytes === 0) return { bytes, seconds: 0 };
  const then = samples
    .slice(0, end)
    .findLast(({ primaryLsn }) => bytesBetween(replayed, primaryLsn) >= 0);
  if (then === undefined) return { bytes };
  return { bytes, seconds: (last.at - then.at) / 1_000 };
}

const bytesBetween = (ahead: string, behind: string): number =>
  Number(lsnOf(ahead) - lsnOf(behind));
