import { pause } from "../../ssh/abort";
import type { Sql, StepProgress } from "../port";
import { nameOf } from "../run-mark";
import { readCap } from "./cap";
import type { SlotSight, SlotWatch } from "./port";
import { slotLevel } from "./slot-level";
import { readSlot } from "./slot-row";

/** Of the watch `slot` of a run. */
const slotLook = "watch-slot";
const defaultEveryMs = 5_000;
const mostMs = 60 * 60_000;
const bytesPerMb = 1_024 * 1_024;

/** @param tell of each look that is no news @throws postgres.*; the signal's reason */
export async function watchSlot(
  sql: Sql,
  watch: SlotWatch,
  signal: AbortSignal,
  tell: (progress: StepProgress) => void = () => undefined,
): Promise<SlotSight> {
  const { level = "ok", everyMs = defaultEveryMs, untilMs = mostMs } = watch;
  const end = Date.now() + Math.min(untilMs, mostMs);
  for (;;) {
    const sight = await lookAtSlot(sql, watch, signal);
    if (sight.level !== level) return sight;
    const { usedPercent: percent, reason: line } = sight;
    tell({ step: slotLook, percent, line });
    if (Date.now() + everyMs > end) return sight;
    await pause(everyMs, signal);
  }
}

/** On a connection of its own: the server may be restarted between two looks. @throws postgres.* */
export async function lookAtSlot(
  sql: Sql,
  watch: SlotWatch,
  signal?: AbortSignal,
): Promise<SlotSight> {
  const { run, primary, slot, thresholds, needsLsn, level = "ok" } = watch;
  const options = { applicationName: nameOf(run), signal };
  return sql.withSession(primary.sql, options, async (session) => {
    const { mb } = await readCap(session);
    const row = await readSlot(session, slot);
    const capBytes = mb < 0 ? watch.capBytes : mb * bytesPerMb;
    return slotLevel(row, { slot, thresholds, capBytes, needsLsn, level });
  });
}
