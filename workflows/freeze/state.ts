/** What is frozen, and which runs want to hear of it. Pure data; no Temporal here. */

import type {
  Freeze,
  FreezeNotice,
  FreezeOrder,
  Watcher,
} from "../../activities/freeze/port";
import type { RunRef } from "../../activities/runs/port";
import { overlaps } from "../lock/resource";

export interface FreezeTable {
  /** Grows with each change, also over a loss of the table: it is never behind the clock. */
  readonly version: number;
  /** In the order in which they were set. */
  readonly freezes: readonly Freeze[];
  readonly watchers: readonly ToldWatcher[];
}

interface ToldWatcher extends Watcher {
  /** Ids of the freezes that it was told of last. */
  readonly told: readonly string[];
}

export const noFreezes: FreezeTable = { version: 0, freezes: [], watchers: [] };

/** Stands for every target, also those that are yet to come. */
const everywhere = "all";

export const isFrozenBy = (
  { scope }: Pick<Freeze, "scope">,
  resources: readonly string[],
): boolean =>
  scope === everywhere || resources.some((one) => overlaps(scope, one));

const freezesOf = (
  { freezes }: FreezeTable,
  { resources }: Pick<Watcher, "resources">,
): Freeze[] => freezes.filter((freeze) => isFrozenBy(freeze, resources));

const idsOf = (freezes: readonly Freeze[]): string[] =>
  freezes.map(({ id }) => id);

/** What a watcher is told now. */
export const noticeFor = (
  table: FreezeTable,
  watcher: Pick<Watcher, "resources">,
): FreezeNotice => ({
  version: table.version,
  freezes: freezesOf(table, watcher),
});

/** A run that knows something else than what holds now. */
export const toTell = (table: FreezeTable): Watcher | undefined =>
  table.watchers.find(
    (watcher) =>
      idsOf(freezesOf(table, watcher)).join() !== watcher.told.join(),
  );

/** Milliseconds until the next one ends by itself; undefined when none does. */
export function nextEndMs(
  { freezes }: FreezeTable,
  now: number,
): number | undefined {
  const ends = freezes.flatMap(({ until }) =>
    until === undefined ? [] : [until],
  );
  return ends.length === 0 ? undefined : Math.max(1, Math.min(...ends) - now);
}

export type FreezeEvent =
  | { readonly kind: "frozen"; readonly order: FreezeOrder }
  | { readonly kind: "lifted"; readonly id: string }
  /** Time has passed. */
  | { readonly kind: "expired" }
  /** For the first time or again; it hears the answer. */
  | { readonly kind: "watched"; readonly watcher: Watcher }
  /** So much of the table was told to it. */
  | {
      readonly kind: "told";
      readonly run: RunRef;
      readonly freezes: readonly Freeze[];
    }
  | { readonly kind: "unwatched"; readonly run: RunRef };
