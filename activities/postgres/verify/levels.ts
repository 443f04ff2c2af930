import type {
  Level,
  LevelResult,
  LevelVerdict,
  Policy,
  PolicyGate,
} from "./port";

/** No library, no I/O: plans and workflows ask it as activities do. */

export const levelFacts: Readonly<
  Record<Level, { readonly title: string; readonly proves: string }>
> = {
  V1: {
    title: "Files",
    proves: "each file of the manifest is there in its size, and no other one",
  },
  V2: {
    title: "Checksums",
    proves: "each file holds the bytes that were copied",
  },
  V3: {
    title: "WAL",
    proves:
      "WAL from start to end of the backup is whole, and of this cluster and timeline",
  },
  V4: {
    title: "Page checksums",
    proves: "each page of the replayed copy carries its checksum",
  },
  V5: {
    title: "Restore",
    proves: "a server starts from a copy and reaches consistency",
  },
  V6: {
    title: "amcheck",
    proves:
      "tables are well formed, and each of their rows is in each B-tree index",
  },
  V7: {
    title: "Dump",
    proves: "every row of every table can be read, and the catalogs are whole",
  },
  V8: {
    title: "Rows",
    proves: "tables that can be compared hold the primary's rows",
  },
  V9: {
    title: "Sentinel",
    proves: "a row that was written right before the backup is in it",
  },
};

interface PolicyLevels {
  readonly start: readonly Level[];
  /** Beside those of the start. */
  readonly promotion: readonly Level[];
  /** Verdicts short of a pass that it lets through. */
  readonly tolerates: Partial<Record<Level, readonly LevelVerdict[]>>;
}

/** No policy promotes what was not restored and read. Deep levels run while the standby streams. */
const policies: Readonly<Record<Policy, PolicyLevels>> = {
  quick: {
    start: ["V1", "V2", "V3"],
    promotion: ["V5", "V9"],
    tolerates: {},
  },
  standard: {
    start: ["V1", "V2", "V3"],
    promotion: ["V5", "V9", "V6", "V7", "V4"],
    // Without page checksums V6 and V7 still read every row.
    tolerates: { V4: ["not possible"] },
  },
  full: {
    start: ["V1", "V2", "V3", "V5", "V9"],
    promotion: ["V6", "V7", "V8", "V4"],
    tolerates: {},
  },
};

/** In the order in which they run. */
export function levelsOf(policy: Policy, gate: PolicyGate): readonly Level[] {
  const { start, promotion } = policies[policy];
  return gate === "start" ? start : [...start, ...promotion];
}

export interface GateVerdict {
  readonly open: boolean;
  /** Have no result yet. */
  readonly missing: readonly Level[];
  /** Neither passed nor let through by the policy. */
  readonly refused: readonly LevelResult[];
}

/** Whether the levels let the standby start, or be promoted; of several results of one level a failure counts most, then a pass. */
export function judgeGate(
  policy: Policy,
  gate: PolicyGate,
  results: readonly LevelResult[],
): GateVerdict {
  const counting = new Map<Level, LevelResult>();
  for (const result of results) {
    const { level } = result;
    const known = counting.get(level);
    if (known === undefined || weightOf(result) > weightOf(known))
      counting.set(level, result);
  }
  const wanted = levelsOf(policy, gate);
  const missing = wanted.filter((level) => !counting.has(level));
  // A level that nobody asked for and that failed is a failure still.
  const refused = [...counting.values()].filter(
    (result) =>
      result.verdict === "fail" ||
      (wanted.includes(result.level) && !isEnough(policy, result)),
  );
  const open = missing.length === 0 && refused.length === 0;
  return { open, missing, refused };
}

const weightOf = ({ verdict }: LevelResult): number =>
  verdict === "fail" ? 2 : verdict === "pass" ? 1 : 0;

function isEnough(policy: Policy, { level, verdict }: LevelResult): boolean {
  const tolerated = policies[policy].tolerates[level] ?? [];
  return verdict === "pass" || tolerated.includes(verdict);
}
