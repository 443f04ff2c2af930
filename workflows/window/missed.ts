/** Which windows passed without anything begun in them. Pure; instants in epoch milliseconds. */

import type { Said } from "./standing";
import type { Judged } from "./window";

/** Small, for it is carried into the next run of the chain. */
export interface WatchedWindows {
  /** The latest window that was open by the calendars, and whether it was told of already. */
  readonly seen?: { readonly since: number; readonly isTold: boolean };
  /** Start of the window that comes next, as the calendars said last. */
  readonly awaited?: number | undefined;
}

/** What the run has done. */
export interface Done {
  /** When it began something last. */
  readonly begunAt?: number | undefined;
  readonly inWork: number;
}

/** Start of a window that was to come and that nobody looked at while it was open, if it came. */
export function unseenFrom(
  { seen, awaited }: WatchedWindows,
  { open, since }: Said,
  now: number,
): number | undefined {
  if (awaited === undefined || awaited > now) return undefined;
  if (open && (since === undefined || since === awaited)) return undefined;
  return seen !== undefined && seen.since >= awaited ? undefined : awaited;
}

/** @returns the starts of windows that closed for the run with nothing begun in them, each once */
export function missedNow(
  watched: WatchedWindows,
  { said, standing }: Judged,
  now: number,
  { begunAt = -Infinity, inWork }: Done,
): { readonly watched: WatchedWindows; readonly missed: readonly number[] } {
  const { seen } = watched;
  const since = said.open ? (said.since ?? seen?.since ?? now) : undefined;
  const isNew = since !== undefined && since !== seen?.since;
  const current = isNew ? { since, isTold: false } : seen;
  const isClosed = standing.kind === "closed";
  const over = [isNew ? seen : undefined, isClosed ? current : undefined];
  const missed = over.flatMap((one) =>
    one === undefined || one.isTold || begunAt >= one.since || inWork > 0
      ? []
      : [one.since],
  );
  if (current === undefined) return { watched, missed };
  const isTold = current.isTold || isClosed;
  return { watched: { ...watched, seen: { ...current, isTold } }, missed };
}
