/** Who may change what of one target, and who waits for it. Pure data; no Temporal here. */

import type {
  LockAnswer,
  LockAsk,
  LockBlocker,
  LockEntry,
} from "../../activities/lock/port";
import type { RunRef } from "../../activities/runs/port";
import { overlaps } from "./resource";

/** In the order in which they asked. */
export type LockTable = readonly LockEntry[];

export const isSameRun = (one: RunRef, other: RunRef): boolean =>
  one.rootRunId === other.rootRunId;

const isWaiting = ({ standing }: LockEntry): boolean =>
  standing.kind === "waiting";

/** Whether both cannot be at work at once. */
const excludes = (one: LockAsk, other: LockAsk): boolean =>
  one.holder !== other.holder &&
  one.resources.some((resource) =>
    other.resources.some((theirs) => overlaps(resource, theirs)),
  );

/**
 * Who stands in the way of an entry: everybody who holds what it wants, and everybody who asked for it earlier, so that
 * nobody is overtaken for ever. But whoever waits for this very holder waits for its end, and cannot be waited for.
 */
export function blockersOf(table: LockTable, entry: LockEntry): LockEntry[] {
  const place = table.indexOf(entry);
  const own = table.filter(
    (other) => other.holder === entry.holder && !isWaiting(other),
  );
  return table.filter((other, index) => {
    if (!excludes(entry, other)) return false;
    if (!isWaiting(other)) return true;
    return index < place && !own.some((held) => excludes(held, other));
  });
}

const mostNamed = 10;

/** What a run is answered that asks for its turn. */
export function answerOf(
  table: LockTable,
  run: RunRef,
  now: number,
): LockAnswer {
  const entry = table.find((one) => isSameRun(one.run, run));
  if (entry === undefined || !isWaiting(entry)) return { kind: "held" };
  const blockers = blockersOf(table, entry);
  const waitMs = waitOf(table, entry, now);
  return {
    kind: "waiting",
    position: blockers.filter(isWaiting).length + 1,
    ...(waitMs === undefined ? {} : { waitMs }),
    blockers: blockers
      .slice(0, mostNamed)
      .map((blocker) => blockerOf(blocker, entry)),
  };
}

function blockerOf(
  { run, summary, resources, standing }: LockEntry,
  entry: LockEntry,
): LockBlocker {
  const { kind, since } = standing;
  return {
    ...run,
    summary,
    resources: resources
      .filter((theirs) => entry.resources.some((own) => overlaps(own, theirs)))
      .slice(0, mostNamed),
    kind: kind === "called" ? "held" : kind,
    since,
    ...(kind === "kept" ? { reason: standing.reason } : {}),
  };
}

/** Milliseconds until nobody stands in its way; undefined where one of them did not say, or waits for a person. */
function waitOf(
  table: LockTable,
  entry: LockEntry,
  now: number,
  known = new Map<LockEntry, number | undefined>(),
): number | undefined {
  if (known.has(entry)) return known.get(entry);
  const ends = blockersOf(table, entry).map((blocker) => {
    const { standing, expectedMs } = blocker;
    if (standing.kind === "kept" || expectedMs === undefined) return undefined;
    const begin =
      standing.kind === "waiting"
        ? waitOf(table, blocker, now, known)
        : standing.since - now;
    return begin === undefined ? undefined : Math.max(0, begin + expectedMs);
  });
  const wait = ends.reduce(
    (longest, end) =>
      longest === undefined || end === undefined
        ? undefined
        : Math.max(longest, end),
    0,
  );
  known.set(entry, wait);
  return wait;
}
