import type { Backup } from "../../activities/postgres/backup/port";
import type { StepWork } from "../../workflows/procedure/runner";
import { discardScratches } from "../verification";
import { copyOf } from "./back-up";
import { changes, jobs } from "./calls";
import type { Measurement } from "./measure";
import { letGo } from "./ready";
import { hasSwitched, type ReplicaRun, serversOf } from "./run";
import type { ReplicaStepId } from "./steps";
import { copyOnHost } from "./verify";

type Inverses = Partial<Record<ReplicaStepId, StepWork<unknown>>>;

/**
 * What takes each step back; the last one that has begun comes first. Once clients write on the replica it is the primary,
 * and stays: only what the run has beside it is taken away.
 */
export const inverses = (run: ReplicaRun): Inverses =>
  hasSwitched(run) ? { switchover: () => cleanUp(run) } : setUpInverses(run);

function setUpInverses(run: ReplicaRun): Inverses {
  const { run: mark } = run.prepared;
  const { primary, replica } = serversOf(run);
  const pair = { run: mark, primary, replica };
  const backup = (): Backup | undefined => run.resultOf<Backup>("copy");
  return {
    synchronous: async () => {
      await changes.unsetSynchronous(pair);
    },
    start: () => jobs.stopStandby({ run: mark, server: replica }),
    publish: async () => {
      const copy = backup();
      if (copy !== undefined)
        await changes.unpublishStandby({ ...pair, backup: copy });
    },
    scratch: async () => {
      const copy = copyMade(run);
      if (copy !== undefined) await discardScratches(run, copy);
    },
    pin: async () => {
      const copy = backup();
      if (copy !== undefined)
        await changes.unpinBackup({ ...pair, backup: copy });
    },
    copy: () => discardCopies(run),
    "sentinel-before": () => changes.removeSentinels({ run: mark, primary }),
    slot: async () => {
      await changes.dropSlot({ run: mark, primary });
    },
    amcheck: async () => {
      await changes.removeAmcheck({ run: mark, primary });
    },
  };
}

async function cleanUp(run: ReplicaRun): Promise<void> {
  const copy = copyMade(run);
  if (copy !== undefined) await letGo(run, copy);
}

function copyMade(run: ReplicaRun) {
  const backup = run.resultOf<Backup>("copy");
  const measured = run.resultOf<Measurement>("preflight");
  return backup && measured && copyOnHost(run, measured, backup);
}

/** Each attempt is stopped first, then removed under guard. */
async function discardCopies(run: ReplicaRun): Promise<void> {
  const measured = run.resultOf<Measurement>("preflight");
  if (measured === undefined) return;
  const { attempt: last = 1, generation } = run.state.steps["copy"] ?? {};
  for (let attempt = last; attempt >= 1; attempt--) {
    const order = { ...copyOf(run, measured), attempt, generation };
    await jobs.stopBackup(order);
    await changes.discardAttempt(order);
  }
}
