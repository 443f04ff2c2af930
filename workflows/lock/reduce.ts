import type {
  LockAsk,
  LockClosed,
  LockEntry,
  LockLeave,
  LockRelease,
} from "../../activities/lock/port";
import type { RunRef } from "../../activities/runs/port";
import { covers } from "./resource";
import { blockersOf, isSameRun, type LockTable } from "./state";

export type LockEvent =
  /** For the first time, or again: whoever is told that its turn has come asks once more, and then knows. */
  | { readonly kind: "asked"; readonly ask: LockAsk }
  | { readonly kind: "told"; readonly run: RunRef }
  | ({ readonly kind: "left" } & LockLeave)
  /** The chain is over, and it never left. */
  | ({ readonly kind: "closed" } & LockClosed)
  | ({ readonly kind: "released" } & LockRelease);

/** The one place where locks change. An event that does not fit changes nothing. */
export function lockTable(
  table: LockTable,
  event: LockEvent,
  now: number,
): LockTable {
  const changed = apply(table, event, now);
  // To ask, or to be told, frees nothing.
  const frees = event.kind !== "asked" && event.kind !== "told";
  return changed === table || !frees ? changed : called(changed, now);
}

function apply(table: LockTable, event: LockEvent, now: number): LockTable {
  switch (event.kind) {
    case "asked":
      return asked(table, event.ask, now);
    case "told":
      return change(table, event.run, (entry) =>
        entry.standing.kind === "called" && !entry.standing.isTold
          ? { ...entry, standing: { ...entry.standing, isTold: true } }
          : entry,
      );
    case "left":
      return change(table, event.run, (entry) => left(entry, event.keep, now));
    case "closed":
      return change(table, event.run, (entry) => closed(entry, event, now));
    case "released":
      return released(table, event.resource);
  }
}

function change(
  table: LockTable,
  run: RunRef,
  to: (entry: LockEntry) => LockEntry | undefined,
): LockTable {
  const entry = table.find((one) => isSameRun(one.run, run));
  if (entry === undefined) return table;
  const next = to(entry);
  if (next === entry) return table;
  return table.flatMap((one) =>
    one !== entry ? [one] : next === undefined ? [] : [next],
  );
}

function asked(table: LockTable, ask: LockAsk, now: number): LockTable {
  const known = table.find((one) => isSameRun(one.run, ask.run));
  if (known === undefined) {
    const entry: LockEntry = {
      ...ask,
      standing: { kind: "waiting", since: now },
    };
    const next = [...table, entry];
    // Whoever asks hears the answer at once: nobody has to be called.
    return blockersOf(next, entry).length > 0
      ? next
      : [...table, { ...entry, standing: { kind: "held", since: now } }];
  }
  if (known.standing.kind !== "called") return table;
  const standing = { kind: "held", since: now } as const;
  return table.map((one) => (one === known ? { ...one, standing } : one));
}

function left(
  entry: LockEntry,
  keep: LockLeave["keep"],
  now: number,
): LockEntry | undefined {
  if (entry.standing.kind === "kept") return entry;
  if (keep === undefined || entry.standing.kind !== "held") return undefined;
  const { resources, reason } = keep;
  return {
    ...entry,
    resources,
    standing: { kind: "kept", since: now, reason },
  };
}

/** A run that was ended from outside has left its hosts anyhow; one that did not know that its turn had come, none. */
function closed(
  entry: LockEntry,
  { end }: LockClosed,
  now: number,
): LockEntry | undefined {
  const { standing } = entry;
  if (standing.kind === "kept") return entry;
  if (standing.kind !== "held") return undefined;
  if (end === "completed" || end === "cancelled") return undefined;
  const reason =
    end === "unknown"
      ? "its run is over, and the server does not tell how it ended"
      : `its run has ${end === "timed out" ? "timed out" : `been ${end}`} with hosts in work`;
  return { ...entry, standing: { kind: "kept", since: now, reason } };
}

/** What is kept at the resource or below it; of a lock on more than that, nothing. */
function released(table: LockTable, resource: string): LockTable {
  const next = table.flatMap((entry) => {
    if (entry.standing.kind !== "kept") return [entry];
    const resources = entry.resources.filter((one) => !covers(resource, one));
    if (resources.length === entry.resources.length) return [entry];
    return resources.length === 0 ? [] : [{ ...entry, resources }];
  });
  return next.length === table.length &&
    next.every((entry, index) => entry === table[index])
    ? table
    : next;
}

/** Everybody in whose way nobody stands any more, in the order in which they asked. */
function called(table: LockTable, now: number): LockTable {
  let next = table;
  for (const { run } of table) {
    const entry = next.find((one) => isSameRun(one.run, run));
    if (entry?.standing.kind !== "waiting") continue;
    if (blockersOf(next, entry).length > 0) continue;
    const standing = { kind: "called", since: now, isTold: false } as const;
    next = next.map((one) => (one === entry ? { ...one, standing } : one));
  }
  return next;
}
