import { ApplicationFailure, isCancellation } from "@temporalio/workflow";
import type { Check } from "../../activities/postgres/port";
import type {
  Backup,
  BackupOrder,
} from "../../activities/postgres/backup/port";
import type {
  CreatedSlot,
  Sentinel,
  SlotLevel,
} from "../../activities/postgres/slot/port";
import { failureOf } from "../../workflows/failure-of";
import type { Finding } from "../../workflows/procedure/spec";
import { changes, jobs, stops } from "./calls";
import { type Measurement, measureAgain } from "./measure";
import { capBytesOf, copyNeedMs, methodOf } from "./plan";
import { type ReplicaRun, serversOf } from "./run";

export interface WatchedSlot {
  readonly slot: CreatedSlot;
  readonly capBytes: number;
  /**
   * What nothing but the slot holds. While a copy or a standby streams, the slot moves on by right; in between it must
   * still have what follows on the copy.
   */
  readonly needsLsn?: string;
}

export interface ReadyPrimary extends WatchedSlot {
  readonly sentinel: Sentinel;
  /** Ends the watch over the slot, whichever is on. */
  readonly unwatch: () => void;
}

/** What a copy stands on: amcheck in it, its WAL held, and a row to find in it. */
export async function readyPrimary(
  run: ReplicaRun,
  { facts }: Measurement,
): Promise<ReadyPrimary> {
  const { run: mark, plan } = run.prepared;
  const { primary } = serversOf(run);
  const { settings } = plan;
  await run.step("amcheck", () =>
    changes.installAmcheck({ run: mark, primary }),
  );
  const capBytes = capBytesOf(settings, facts);
  const slot = await run.step("slot", () =>
    changes.createSlot({ run: mark, primary, capBytes }),
  );
  const watched = { slot, capBytes };
  const unwatch = watchOver(run, watched);
  const sentinel = await run.step("sentinel-before", () =>
    changes.writeSentinel({ run: mark, primary, name: "before-copy" }),
  );
  return { ...watched, sentinel, unwatch };
}

/** A cap that the input names is set by now, however small somebody wants it. */
const chosenBy = ({ prepared: { plan } }: ReplicaRun): Check["name"][] =>
  plan.settings.slot.capMiB === undefined ? [] : ["slot cap"];

const findings: Readonly<Record<SlotLevel, Finding["level"]>> = {
  ok: "ok",
  warn: "note",
  hold: "hold",
  abort: "abort",
  lost: "abort",
};

/** A slot that is about to be lost is given up: the primary's disk counts for more than this copy. */
export const watchOver = (
  run: ReplicaRun,
  watched: WatchedSlot,
): (() => void) =>
  run.watch("slot", async (tell, known) => {
    const { run: mark, plan } = run.prepared;
    const { slot, ...rest } = watched;
    const order = {
      ...{ run: mark, primary: serversOf(run).primary },
      ...{ slot: slot.slot, ...rest },
      thresholds: plan.settings.slot,
    };
    let level = levelOf(known);
    for (;;) {
      const seen = await jobs.watchSlot({ ...order, level });
      level = seen.level;
      tell({ level: findings[level], text: seen.reason });
    }
  });

const levelOf = (known: Finding | undefined): SlotLevel =>
  known?.level === "note" ? "warn" : known?.level === "hold" ? "hold" : "ok";

/** One whole copy in an attempt folder; nobody has verified it yet. */
export async function backUp(
  run: ReplicaRun,
  measured: Measurement,
  ready: ReadyPrimary,
): Promise<Backup> {
  const { facts } = measured;
  const { run: mark } = run.prepared;
  const { primary, replica } = serversOf(run);
  const copy = copyOf(run, measured);
  const order = { ...copy, slot: ready.slot.slot };
  const backup = await run.step(
    "copy",
    async ({ attempt, part, generation }) => {
      if (part === 1) await measureAgain(run, measured, chosenBy(run));
      return copyOnce(run, { ...order, attempt, generation });
    },
    {
      needMs: copyNeedMs(copy.method, facts.estimate.copyMs),
      stop: async ({ attempt, generation }) => {
        await stops.stopBackup({ ...copy, attempt, generation });
      },
    },
  );
  await run.step("pin", () =>
    changes.pinBackup({ run: mark, primary, replica, backup }),
  );
  await run.step("sentinel-after", () =>
    changes.writeSentinel({ run: mark, primary, name: "after-copy" }),
  );
  return backup;
}

/** An attempt that failed tells what another one costs, before anybody is asked for it. */
async function copyOnce(run: ReplicaRun, order: BackupOrder): Promise<Backup> {
  try {
    return await jobs.baseBackup(order);
  } catch (error) {
    if (isCancellation(error)) throw error;
    const { type, message } = failureOf(error);
    const [seen = "", ...rest] = message.split("\n");
    const cost = await changes.attemptCost({
      ...order,
      reached: reachedBy(run),
    });
    const told = [`${seen}; ${cost.line}`, ...rest].join("\n");
    throw ApplicationFailure.nonRetryable(told, type);
  }
}

/** pg_basebackup removes what it has copied: only what it told last says how far it was. */
function reachedBy(run: ReplicaRun) {
  const step = run.state.steps["copy"];
  if (step?.kind !== "running" || step.progress === undefined) return undefined;
  const { doneBytes: bytes = 0, at } = step.progress;
  return { bytes, tookMs: at - step.since };
}

/** Both servers, and what a copy goes by; without the attempt. */
export function copyOf(replicaRun: ReplicaRun, { facts }: Measurement) {
  const { run, plan } = replicaRun.prepared;
  const method = methodOf(plan.settings.backup);
  return { run, ...serversOf(replicaRun), facts, method };
}
