import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startPostgresLab } from "../../lab/postgres/lab";
import { bareRun } from "./bare";
import { startOwnSide } from "./ours";

export interface ReplicaBenchOptions {
  readonly sizeGb: number;
  readonly rounds: number;
  /** False leaves out the round that is limited to a minute at least. */
  readonly forecast: boolean;
}

/** Of a step that is worth a line. */
const shownMs = 500;

/** The shortest copy of which a forecast is worth anything. */
const leastCopyS = 60;

/** Our steps from slot to page checksums, and the same bare commands, in turn on the same primary. */
export async function benchReplica(
  { sizeGb, rounds, forecast }: ReplicaBenchOptions,
  { stdout, stderr }: Pick<NodeJS.Process, "stdout" | "stderr">,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "bench-replica-"));
  const sizeMb = Math.round(sizeGb * 1_024);
  const lab = await startPostgresLab({ dir: join(folder, "lab"), sizeMb });
  try {
    await lab.postgres.stopWriters();
    const side = await startOwnSide(lab);
    try {
      const times: { ours: number; bare: number }[] = [];
      for (let round = 1; round <= rounds; round++) {
        const bareSide = await bareRun(lab);
        const { ms, steps, levels } = await side.run();
        const [ours, bare] = [ms / 1_000, bareSide.ms / 1_000];
        times.push({ ours, bare });
        stderr.write(
          `round ${round}: ours ${ours.toFixed(1)} s, ${levels.join(" ")}; bare ${bare.toFixed(1)} s, ${bareSide.levels.join(" ")}\n`,
        );
        for (const [title, workedMs] of steps)
          if (workedMs >= shownMs)
            stderr.write(`  ${(workedMs / 1_000).toFixed(1)} s ${title}\n`);
      }
      const rate = Math.max(1, Math.floor(sizeMb / leastCopyS));
      const error = forecast ? await side.forecast(rate) : undefined;
      stdout.write(`${JSON.stringify(figures(sizeGb, times, error))}\n`);
    } finally {
      await side.stop();
    }
  } finally {
    await lab.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

function figures(
  sizeGb: number,
  times: readonly { readonly ours: number; readonly bare: number }[],
  forecastError: number | undefined,
) {
  const oursS = median(times.map(({ ours }) => ours));
  const bareS = median(times.map(({ bare }) => bare));
  return {
    sizeGb,
    oursS: round(oursS),
    bareS: round(bareS),
    overheadPct: round((oursS / bareS - 1) * 100),
    ...(forecastError === undefined
      ? {}
      : { forecastErrorPct: round(forecastError) }),
  };
}

const round = (value: number): number => Math.round(value * 10) / 10;

function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
