import type { Backup } from "../../activities/postgres/backup/port";
import type { Sentinel } from "../../activities/postgres/slot/port";
import { levelsOf } from "../../activities/postgres/verify/levels";
import type { LevelResult } from "../../activities/postgres/verify/port";
import {
  type OnHost,
  orderOf,
  passed,
  type Verification,
} from "../verification";
import { jobs } from "./calls";
import type { Measurement } from "./measure";
import { type ReplicaRun, serversOf } from "./run";

/** Of the backup that becomes the standby. */
export interface ReplicaVerification extends Verification {
  readonly backup: Backup;
}

/** Where the copy lies, and what reads it. */
export const copyOnHost = (
  run: ReplicaRun,
  { facts: { major } }: Measurement,
  backup: Backup,
): OnHost & { readonly backup: Backup } => ({
  ...{ host: serversOf(run).replica, major, backup },
});

export function verificationOf(
  run: ReplicaRun,
  measured: Measurement,
  {
    backup,
    sentinel,
  }: { readonly backup: Backup; readonly sentinel: Sentinel },
): ReplicaVerification {
  const { primary } = serversOf(run);
  const { policy, validForH } = run.prepared.plan.settings.verify;
  const levels = levelsOf(policy, "promotion");
  return {
    ...copyOnHost(run, measured, backup),
    ...{ primary, sentinel, policy, levels, validForH },
  };
}

/** V8 of the tables that the input names, while their writers wait. */
export async function compareLocked(
  run: ReplicaRun,
  verification: ReplicaVerification,
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
