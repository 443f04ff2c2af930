import {
  allHandlersFinished,
  CancellationScope,
  condition,
  continueAsNew,
  getExternalWorkflowHandle,
  isCancellation,
  setCurrentDetails,
  setHandler,
  setWorkflowOptions,
  workflowInfo,
} from "@temporalio/workflow";
import { refused } from "../refused";
import type { LockEntry, LockRelease } from "../../activities/lock/port";
import { entityOptions } from "../entity";
import { locksQuery, lockUpdates, releaseSignal, yourTurn } from "./messages";
import { type LockEvent, lockTable } from "./reduce";
import { releaseFaults } from "./release-shape";
import { answerOf, type LockTable } from "./state";
import { lockDetails } from "./words";

setWorkflowOptions(entityOptions, lock);

/**
 * Keeps the locks of one target for as long as there is one; its id is `lock:<target>`. It only keeps the table: whether a
 * run before another goes on is found out by whoever waits, so that nothing happens here while nobody does.
 */
export async function lock(carried?: LockTable): Promise<never> {
  let table = carried ?? [];
  const apply = (event: LockEvent): boolean => {
    const before = table;
    table = lockTable(before, event, Date.now());
    setCurrentDetails(lockDetails(table));
    return table !== before;
  };
  answerUpdates(() => table, apply);
  setHandler(locksQuery, () => table);
  setCurrentDetails(lockDetails(table));
  const isDue = (): boolean => workflowInfo().continueAsNewSuggested;
  // Cancelled by mistake, it would take every lock with it.
  return CancellationScope.nonCancellable(async () => {
    for (;;) {
      await condition(() => toTell(table) !== undefined || isDue());
      const entry = toTell(table);
      if (entry !== undefined) await tell(entry, apply);
      else {
        await condition(allHandlersFinished);
        await continueAsNew<typeof lock>(table);
      }
    }
  });
}

function answerUpdates(
  table: () => LockTable,
  apply: (event: LockEvent) => boolean,
): void {
  setHandler(lockUpdates.ask, (ask) => {
    apply({ kind: "asked", ask });
    return answerOf(table(), ask.run, Date.now());
  });
  setHandler(lockUpdates.leave, (leave) => {
    apply({ kind: "left", ...leave });
    return "left";
  });
  setHandler(lockUpdates.closed, (closed) => {
    apply({ kind: "closed", ...closed });
    return "dropped";
  });
  const description =
    'What was kept at the resource or below it may be changed again. Input: {"resource":"target/pool/host","by":"your name","reason":"..."}';
  const release = (given: LockRelease): string =>
    apply({ kind: "released", ...given })
      ? `released what was kept at ${given.resource}`
      : refuse(`nothing is kept at ${given.resource} or below it`);
  setHandler(lockUpdates.release, release, {
    description,
    validator: (raw) => {
      const faults = releaseFaults(raw);
      if (faults.length > 0) refuse(faults.join("; "));
    },
  });
  setHandler(
    releaseSignal,
    (raw) => {
      // Nobody hears what a signal is answered; the details show what is kept.
      if (releaseFaults(raw).length === 0) apply({ kind: "released", ...raw });
    },
    { description },
  );
}

function refuse(reason: string): never {
  throw refused(reason, "lock.refused");
}

const toTell = (table: LockTable): LockEntry | undefined =>
  table.find(({ standing }) => standing.kind === "called" && !standing.isTold);

/** A run that is not there any more has touched nothing: it did not know. */
async function tell(
  { run }: LockEntry,
  apply: (event: LockEvent) => boolean,
): Promise<void> {
  try {
    await getExternalWorkflowHandle(run.workflowId).signal(yourTurn);
    apply({ kind: "told", run });
  } catch (error) {
    if (isCancellation(error)) throw error;
    apply({ kind: "closed", run, end: "unknown" });
  }
}
