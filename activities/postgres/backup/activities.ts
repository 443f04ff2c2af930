import { beating } from "../../beating";
import { beatingWithProgress } from "../../progress-signal";
import { removeOwned } from "../guarded-removal";
import { costOf } from "./attempt-cost";
import { lookAtAttempts } from "./attempts";
import { baseBackup } from "./base-backup";
import { pinBackup, pinFolder, unpinBackup, unpinFolder } from "./pin";
import type { BackupPorts } from "./parts";
import type { AttemptOrder, BackupActivities } from "./port";
import { requireStopped, stopBackup } from "./stop-backup";

export function createBackupActivities(deps: BackupPorts): BackupActivities {
  return {
    baseBackup: (order) =>
      beatingWithProgress((signal, tell) =>
        baseBackup({ ...deps, tell }, order, signal),
      ),
    stopBackup: (order) => beating((signal) => stopBackup(deps, order, signal)),
    attemptCost: ({ reached, ...order }) =>
      beating(async (signal) => {
        const { run, replica, attempt: only, facts } = order;
        const look = { only, signal };
        const [seen] = await lookAtAttempts(deps.programs, replica, run, look);
        return costOf(seen, facts, reached);
      }),
    discardAttempt: (order) =>
      beating((signal) => discardAttempt(deps, order, signal)),
    pinBackup: (pinning) =>
      beating((signal) => pinBackup(deps, pinning, signal)),
    unpinBackup: (pinning) =>
      beating((signal) => unpinBackup(deps, pinning, signal)),
    pinFolder: (pinning) =>
      beating((signal) => pinFolder(deps, pinning, signal)),
    unpinFolder: (pinning) =>
      beating((signal) => unpinFolder(deps, pinning, signal)),
  };
}

async function discardAttempt(
  { programs }: BackupPorts,
  order: AttemptOrder,
  signal: AbortSignal,
): Promise<"removed" | "absent"> {
  const { run, replica, attempt: n, facts } = order;
  await requireStopped(programs, order);
  const { systemIdentifier } = facts;
  const removal = { run, kind: "attempts", n, systemIdentifier } as const;
  return removeOwned(programs, replica, { ...removal, signal });
}
