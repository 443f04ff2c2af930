import {
  condition,
  setCurrentDetails,
  setHandler,
  setWorkflowOptions,
} from "@temporalio/workflow";
import { refused } from "../refused";
import type { FreezeUpdates, Watcher } from "../../activities/freeze/port";
import { entityOptions, keep, reaches, requireNone } from "../entity";
import {
  freezesChanged,
  freezeSignals,
  freezesQuery,
  freezeUpdates,
  watchersQuery,
} from "./messages";
import { freezeFaults, unfreezeFaults } from "./order-shape";
import { freezeTable, heldBy } from "./reduce";
import {
  type FreezeEvent,
  type FreezeTable,
  nextEndMs,
  noFreezes,
  noticeFor,
  toTell,
} from "./state";
import { freezeDetails } from "./words";

setWorkflowOptions(entityOptions, freezes);

/** Keeps every freeze of the installation, and tells the runs that watch of each change. Its id is `freezes`. */
export async function freezes(carried?: FreezeTable): Promise<never> {
  const keeper = new Keeper(carried ?? noFreezes);
  answerUpdates(keeper);
  return keep({
    table: () => keeper.table,
    next: () => {
      const watcher = toTell(keeper.table);
      return watcher && (() => tell(keeper, watcher));
    },
    wait: (isWoken) => keeper.untilChanged(isWoken),
  });
}

class Keeper {
  /** Another freeze may end earlier. */
  #isChanged = false;

  constructor(public table: FreezeTable) {
    setCurrentDetails(freezeDetails(table.freezes));
  }

  /** @returns whether a freeze came or went */
  apply(event: FreezeEvent): boolean {
    const before = this.table;
    this.table = freezeTable(before, event, Date.now());
    if (this.table.freezes === before.freezes) return false;
    this.#isChanged = true;
    setCurrentDetails(freezeDetails(this.table.freezes));
    return true;
  }

  /** Or until a freeze ends by itself. */
  async untilChanged(isWoken: () => boolean): Promise<void> {
    const endMs = nextEndMs(this.table, Date.now());
    this.#isChanged = false;
    const isChanged = (): boolean => this.#isChanged || isWoken();
    if (endMs === undefined) await condition(isChanged);
    else await condition(isChanged, endMs, { summary: "a freeze ends" });
    this.apply({ kind: "expired" });
  }

  freeze(order: FreezeUpdates["freeze"]["payload"]) {
    this.apply({ kind: "frozen", order });
    return { runs: heldBy(this.table, order.scope) };
  }
}

function answerUpdates(keeper: Keeper): void {
  setHandler(freezesQuery, (resources) =>
    resources === undefined
      ? keeper.table.freezes
      : noticeFor(keeper.table, { resources }).freezes,
  );
  setHandler(watchersQuery, () => keeper.table.watchers);
  setHandler(freezeUpdates.watch, (watcher) => {
    keeper.apply({ kind: "expired" });
    keeper.apply({ kind: "watched", watcher });
    return noticeFor(keeper.table, watcher);
  });
  setHandler(freezeUpdates.unwatch, ({ run }) => {
    keeper.apply({ kind: "unwatched", run });
    return "left";
  });
  answerPeople(keeper);
}

const descriptions = {
  freeze:
    'Stops disruptive work. Input: {"id":"any name","scope":"all, target, target/pool or target/pool/host","by":"your name","reason":"..."}',
  unfreeze: 'Lifts a freeze. Input: {"id":"...","by":"your name"}',
} as const;

function answerPeople(keeper: Keeper): void {
  setHandler(freezeUpdates.freeze, (order) => keeper.freeze(order), {
    description: descriptions.freeze,
    validator: (raw) => requireNone(freezeFaults(raw, Date.now()), refusal),
  });
  setHandler(
    freezeUpdates.unfreeze,
    ({ id }) =>
      keeper.apply({ kind: "lifted", id })
        ? `lifted ${id}`
        : refuse(`there is no freeze ${id}`),
    {
      description: descriptions.unfreeze,
      validator: (raw) => requireNone(unfreezeFaults(raw), refusal),
    },
  );
  // Nobody hears what a signal is answered; the details show what is frozen.
  setHandler(
    freezeSignals.freeze,
    (order) => {
      if (freezeFaults(order, Date.now()).length === 0) keeper.freeze(order);
    },
    { description: descriptions.freeze },
  );
  setHandler(
    freezeSignals.unfreeze,
    (raw) => {
      if (unfreezeFaults(raw).length === 0)
        keeper.apply({ kind: "lifted", id: raw.id });
    },
    { description: descriptions.unfreeze },
  );
}

const refusal = "freeze.refused";

function refuse(reason: string): never {
  throw refused(reason, refusal);
}

/** A run that is not there any more watches nothing. */
async function tell(keeper: Keeper, watcher: Watcher): Promise<void> {
  const { run } = watcher;
  const notice = noticeFor(keeper.table, watcher);
  if (await reaches(run, freezesChanged, notice))
    keeper.apply({ kind: "told", run, freezes: notice.freezes });
  else keeper.apply({ kind: "unwatched", run });
}
