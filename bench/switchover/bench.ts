import { median } from "../fleet/figures";
import { startSwitchGround, type SwitchGround } from "./ground";
import type { SwitchOptions } from "./options";
import { type OwnSide, startOwnSide } from "./ours";
import { rowsThere, type Writers } from "./writers";
import { keyOf, longestPause, lostOf, onTwoTimelines } from "./writes";

type Output = Pick<NodeJS.Process, "stdout" | "stderr">;

interface Figures {
  readonly rounds: number;
  readonly acknowledgedLost: number;
  readonly onTwoTimelines: number;
  readonly writePauseMs: { readonly p50: number; readonly max: number };
}

/**
 * Switches over, back, and over again under writers, and asks in the end whether everything that they were told of is there.
 *
 * @throws Error when a write was lost or lies on two timelines
 */
export async function benchSwitchover(
  options: SwitchOptions,
  out: Output,
): Promise<void> {
  const say = (text: string) => out.stderr.write(`${text}\n`);
  say(`making a primary of ${options.sizeMb} MB and its standby ...`);
  const ground = await startSwitchGround(options.sizeMb);
  let side: OwnSide | undefined;
  try {
    side = await startOwnSide(ground.lab);
    const figures = await measure(options, ground, side, say);
    const { acknowledgedLost, writePauseMs } = figures;
    say(
      `${options.rounds} switchovers: ${acknowledgedLost} acknowledged writes lost, ${figures.onTwoTimelines} on two timelines, writes paused for ${writePauseMs.p50} ms (median), ${writePauseMs.max} ms (longest)`,
    );
    if (options.json) out.stdout.write(`${JSON.stringify(figures)}\n`);
    if (acknowledgedLost + figures.onTwoTimelines > 0)
      throw new Error("writes were lost");
  } finally {
    await side?.stop();
    await ground.stop();
  }
}

async function measure(
  { rounds, writers: count }: SwitchOptions,
  ground: SwitchGround,
  side: OwnSide,
  say: (text: string) => void,
): Promise<Figures> {
  const writers = ground.startWriters(count);
  const pauses: number[] = [];
  try {
    for (let round = 1; round <= rounds; round++) {
      pauses.push(await oneRound(side, writers, round));
      say(`round ${round}: writes paused for ${pauses.at(-1)} ms`);
    }
  } finally {
    await writers.stop();
  }
  for (const [word, times] of writers.failed) say(`${times} x ${word}`);
  const there = await rowsThere((text) => ground.rows(rounds % 2 === 1, text));
  const told = writers.acknowledged;
  say(`${told.length} acknowledged writes, ${there.size} rows`);
  const lost = lostOf(told, there).map(keyOf);
  if (lost.length > 0) say(`lost: ${lost.slice(0, 20).join(" ")}`);
  return {
    rounds,
    acknowledgedLost: lost.length,
    onTwoTimelines: onTwoTimelines(told).length,
    writePauseMs: { p50: median(pauses) ?? 0, max: Math.max(...pauses) },
  };
}

/** @returns the longest time, in milliseconds, in which no writer was told of anything */
async function oneRound(
  side: OwnSide,
  writers: Writers,
  round: number,
): Promise<number> {
  await writers.heard();
  const from = Date.now();
  await side.round(round);
  await writers.heard();
  return longestPause(writers.acknowledged, from, Date.now());
}
