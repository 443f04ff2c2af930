import type { StepProgress } from "../port";
import { type Forecast, nextForecast } from "./forecast";
import { shareOf } from "./pgbackrest";
import type { BackupOrder } from "./port";

/** More than the end of a line that was cut between two pieces. */
const keptChars = 500;
const oftenMs = 1_000;

/**
 * Tells of a copy by what pgBackRest prints. A backup takes the first half of the step, and the restore behind it the second:
 * it reads as many bytes.
 */
export function followingOutput(
  tell: (progress: StepProgress) => void,
  { facts }: Pick<BackupOrder, "facts">,
  half: "backup" | "restore",
  now: () => number = Date.now,
): (text: string) => void {
  const { bytes: totalBytes } = facts;
  const beganAt = now();
  let tail = "";
  let toldAt = 0;
  let forecast: Forecast | undefined;
  return (text) => {
    tail = (tail + text).slice(-keptChars);
    const share = shareOf(tail);
    const atMs = now();
    if (share === undefined || atMs - toldAt < oftenMs) return;
    toldAt = atMs;
    const sample = {
      ...{ atMs, phase: "streaming database files", totalBytes },
      ...{ doneBytes: share * totalBytes, runsMs: atMs - beganAt },
    };
    forecast = nextForecast(forecast, sample, { expectedBytes: totalBytes });
    tell(asHalf(forecast, half));
  };
}

function asHalf(
  { progress, rate }: Forecast,
  half: "backup" | "restore",
): StepProgress {
  const { percent = 0, etaMs, totalBytes = 0, line } = progress;
  const isFirst = half === "backup";
  const otherMs = isFirst && rate ? (totalBytes / rate) * 1_000 : 0;
  return {
    ...progress,
    percent: isFirst ? percent / 2 : 50 + percent / 2,
    etaMs: etaMs === undefined ? undefined : Math.round(etaMs + otherMs),
    line: `${line}, ${isFirst ? "into" : "from"} the repository`,
  };
}
