/** Which levels a run looks at, and what becomes of the others. Pure; no zod here: the workflow sandbox imports this file. */

import type { GatePolicies } from "../../activities/approvals/port";
import { levelsOf } from "../../activities/postgres/verify/levels";
import type { Level, LevelResult } from "../../activities/postgres/verify/port";
import type { VerifyBackupSettings } from "./contract";

/** Asked only where the configuration names it: whoever only reads a backup needs no leave. */
export const beginGate = "begin-verify";

/** Only by its own name: what is meant for all gates asks no question that nobody asked for. */
export const asksToBegin = (approvals: GatePolicies | undefined): boolean =>
  Object.hasOwn(approvals ?? {}, beginGate);

export interface ChosenLevels {
  /** In the order in which people read them. */
  readonly levels: readonly Level[];
  /** Whether the backup is copied and started. */
  readonly hasScratch: boolean;
  /** Wanted, and not to be had; never a pass. */
  readonly leftOut: readonly LevelResult[];
}

const ofFiles: readonly Level[] = ["V1", "V2", "V3"];

export function chosenLevels({
  policy,
  levels,
  primary,
}: Pick<VerifyBackupSettings, "policy" | "levels" | "primary">): ChosenLevels {
  const named = levels ?? levelsOf(policy, "promotion");
  const leftOut = named.flatMap((level) => whyLeftOut(level, primary) ?? []);
  const gone = leftOut.map(({ level }) => level);
  const wanted = named.filter((level) => !gone.includes(level));
  const hasScratch = wanted.some((level) => !ofFiles.includes(level));
  const all = [...ofFiles, ...(hasScratch ? ["V5" as const] : []), ...wanted];
  return { levels: [...new Set(all)].sort(), hasScratch, leftOut };
}

/** @returns nothing for a level that is looked at */
function whyLeftOut(
  level: Level,
  primary: string | undefined,
): LevelResult | undefined {
  const without = {
    ...{ level, verdict: "not comparable" as const, tookMs: 0 },
    measured: "nothing",
  };
  if (level === "V8" && primary === undefined)
    return {
      ...without,
      reason: "the input names no primary whose rows could be compared",
      hint: "Name the primary that the backup was taken of.",
    };
  if (level === "V9")
    return {
      ...without,
      reason:
        "only the run that took the backup knows the row that it wrote right before",
    };
  return undefined;
}
