import type { RunRef } from "../../activities/runs/port";
import { type FreezeEvent, type FreezeTable, isFrozenBy } from "./state";

/** The one place where freezes change. An event that does not fit changes nothing. */
export function freezeTable(
  table: FreezeTable,
  event: FreezeEvent,
  now: number,
): FreezeTable {
  const next = apply(table, event, now);
  return next.freezes === table.freezes
    ? next
    : { ...next, version: Math.max(table.version + 1, now) };
}

function apply(
  table: FreezeTable,
  event: FreezeEvent,
  now: number,
): FreezeTable {
  const { freezes, watchers } = table;
  switch (event.kind) {
    case "frozen": {
      const { order } = event;
      if (freezes.some(({ id }) => id === order.id)) return table;
      return { ...table, freezes: [...freezes, { ...order, at: now }] };
    }
    case "lifted":
      return without(table, ({ id }) => id === event.id);
    case "expired":
      return without(table, ({ until }) => until !== undefined && until <= now);
    case "watched": {
      const { run, resources } = event.watcher;
      const told = freezes
        .filter((freeze) => isFrozenBy(freeze, resources))
        .map(({ id }) => id);
      const others = watchers.filter((one) => !isOf(one, run));
      return { ...table, watchers: [...others, { run, resources, told }] };
    }
    case "told": {
      const told = event.freezes.map(({ id }) => id);
      return {
        ...table,
        watchers: watchers.map((one) =>
          isOf(one, event.run) ? { ...one, told } : one,
        ),
      };
    }
    case "unwatched":
      return {
        ...table,
        watchers: watchers.filter((one) => !isOf(one, event.run)),
      };
  }
}

function without(
  table: FreezeTable,
  isOver: (freeze: FreezeTable["freezes"][number]) => boolean,
): FreezeTable {
  const freezes = table.freezes.filter((freeze) => !isOver(freeze));
  return freezes.length === table.freezes.length
    ? table
    : { ...table, freezes };
}

const isOf = (
  { run }: FreezeTable["watchers"][number],
  { rootRunId }: RunRef,
): boolean => run.rootRunId === rootRunId;

/** The runs that a freeze at this scope holds. */
export const heldBy = (
  { watchers }: FreezeTable,
  scope: string,
): readonly RunRef[] =>
  watchers
    .filter(({ resources }) => isFrozenBy({ scope }, resources))
    .map(({ run }) => run);
