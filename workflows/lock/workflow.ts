import {
  setCurrentDetails,
  setHandler,
  setWorkflowOptions,
} from "@temporalio/workflow";
import { refused } from "../refused";
import type { LockEntry, LockRelease } from "../../activities/lock/port";
import { entityOptions, keep, reaches, requireNone } from "../entity";
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
  return keep({
    table: () => table,
    next: () => {
      const entry = toTell(table);
      return entry && (() => tell(entry, apply));
    },
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
    validator: (raw) => requireNone(releaseFaults(raw), refusal),
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

const refusal = "lock.refused";

function refuse(reason: string): never {
  throw refused(reason, refusal);
}

const toTell = (table: LockTable): LockEntry | undefined =>
  table.find(({ standing }) => standing.kind === "called" && !standing.isTold);

/** A run that is not there any more has touched nothing: it did not know. */
async function tell(
  { run }: LockEntry,
  apply: (event: LockEvent) => boolean,
): Promise<void> {
  if (await reaches(run, yourTurn)) apply({ kind: "told", run });
  else apply({ kind: "closed", run, end: "unknown" });
}
