import type { Freeze } from "../../activities/freeze/port";
import {
  generationOf,
  type Generations,
} from "../../activities/host/generations";
import type { Parked } from "../../activities/host/port";
import { acceptedNow, overBudget } from "./budget";
import { readClock, setClock } from "./clock";
import type { Fleet } from "./fleet";
import { withFreezeHalt } from "./frozen";
import { unparked } from "./parked";
import {
  freshItem,
  freshOrder,
  type GroupedFailure,
  holdingHalts,
  inFlight,
  type Item,
  type ItemResult,
  type RolloutSettings,
  type RolloutState,
  undoOrders,
  type VisitOrder,
} from "./state";
import type { Halt } from "./words";

type Index = { readonly index: number };
type Indexes = { readonly indexes: readonly number[] };

export type RolloutEvent =
  | { readonly kind: "stage opened"; readonly end: number }
  | (Index & { readonly kind: "started" })
  | (Index & { readonly kind: "finished"; readonly result: ItemResult })
  | (Index & { readonly kind: "failed"; readonly failure: GroupedFailure })
  /** Its visit was not begun, since something holds it: it waits for its turn as before. */
  | (Index & { readonly kind: "held back" })
  /** Its visit stopped at the close of the window, and goes on in the next one. */
  | (Index & { readonly kind: "parked"; readonly at: Parked })
  /** The failed step again. */
  | (Indexes & { readonly kind: "retried" })
  /** The whole visit again, every command under a new generation. */
  | (Indexes & { readonly kind: "redone" })
  /** The visit again, without the failed step. */
  | (Indexes & { readonly kind: "skipped" })
  | (Indexes & { readonly kind: "excluded" })
  | (Indexes & { readonly kind: "marked done" })
  | (Indexes & { readonly kind: "taken back" })
  /** Finished items that run something else after all. */
  | (Indexes & { readonly kind: "found stale" })
  /** Items that appeared while the run went on, behind all others. */
  | { readonly kind: "extended"; readonly by: number }
  | {
      readonly kind: "halted";
      readonly halt: Extract<Halt, { kind: "paused" | "lock" | "closed" }>;
    }
  | { readonly kind: "lifted"; readonly halt: "paused" | "lock" | "closed" }
  /** All that concern the run now. */
  | { readonly kind: "freezes told"; readonly freezes: readonly Freeze[] }
  | { readonly kind: "stalled" }
  /** Somebody accepts the failures there are, or a rollout that stands still. */
  | { readonly kind: "continued"; readonly halt: "budget" | "progress" }
  | {
      readonly kind: "retuned";
      readonly settings: Partial<
        Pick<RolloutSettings, "slots" | "limits" | "budget">
      >;
    }
  | { readonly kind: "aborted" }
  | { readonly kind: "stopped" }
  | { readonly kind: "rolled back" };

export interface Facts {
  readonly fleet: Fleet;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** The one place where a rollout's state changes. An event that does not fit the item's state changes nothing. */
export function reduce(
  state: RolloutState,
  event: RolloutEvent,
  facts: Facts,
): RolloutState {
  const changed = apply(state, event, facts);
  if (changed === state) return state;
  const { fleet } = facts;
  const judged = withFreezeHalt(withBudgetHalt(changed, fleet), fleet);
  const isHeld = holdingHalts(judged).length > 0;
  const runs = !isHeld && inFlight(judged) > 0;
  const clock = setClock(judged.clock, runs, facts.now);
  // Slow start begins anew after every halt.
  const wasHalted = holdingHalts(state).length > 0 && !isHeld;
  return { ...judged, clock, ramp: wasHalted ? 1 : judged.ramp };
}

function apply(
  state: RolloutState,
  event: RolloutEvent,
  facts: Facts,
): RolloutState {
  switch (event.kind) {
    case "stage opened":
      return { ...state, stageEnd: event.end };
    case "started":
      return change(state, [event.index], (item) =>
        started(item, readClock(state.clock, facts.now)),
      );
    case "finished":
      return finished(state, event.index, event.result, facts.now);
    case "failed":
      return change(state, [event.index], (item) =>
        failed(item, event.failure, state.course),
      );
    case "held back":
      return change(state, [event.index], (item) =>
        heldBack(item, state.course),
      );
    case "parked":
      return change(state, [event.index], (item) =>
        parked(item, event.at, state.course),
      );
    case "retried":
      return change(state, event.indexes, retried);
    case "redone":
      return change(state, event.indexes, redone);
    case "skipped":
      return change(state, event.indexes, skipped);
    case "excluded":
      return change(state, event.indexes, excluded);
    case "marked done":
      return change(state, event.indexes, markedDone);
    case "taken back":
      return change(state, event.indexes, takenBack);
    case "found stale":
      return change(state, event.indexes, stale);
    case "extended":
      return extended(state, event.by);
    case "halted":
      return {
        ...state,
        halts: [...without(state, event.halt.kind), event.halt],
      };
    case "freezes told":
      return idsOf(state.freezes) === idsOf(event.freezes)
        ? state
        : { ...state, freezes: event.freezes };
    case "lifted":
      return state.halts.some(({ kind }) => kind === event.halt)
        ? { ...state, halts: without(state, event.halt) }
        : state;
    case "stalled":
      return {
        ...state,
        halts: [...without(state, "progress"), { kind: "progress" }],
      };
    case "continued":
      return continued(state, event.halt, facts);
    case "retuned":
      return { ...state, settings: { ...state.settings, ...event.settings } };
    case "aborted":
      return state.course === "rolling" || state.course === "rolling back"
        ? { ...state, course: "draining", halts: [] }
        : state;
    case "stopped":
      return { ...state, course: "stopping", halts: [] };
    case "rolled back":
      return rolledBack(state);
  }
}

function change(
  state: RolloutState,
  indexes: readonly number[],
  to: (item: Item) => Item,
): RolloutState {
  let items: Item[] | undefined;
  for (const index of indexes) {
    const item = (items ?? state.items)[index];
    if (item === undefined) continue;
    const next = to(item);
    if (next === item) continue;
    items ??= [...state.items];
    items[index] = next;
  }
  return items === undefined ? state : { ...state, items };
}

const started = (item: Item, since: number): Item =>
  item.kind === "waiting"
    ? { kind: "visiting", order: item.order, since }
    : item;

function finished(
  state: RolloutState,
  index: number,
  result: ItemResult,
  now: number,
): RolloutState {
  const next = change(state, [index], (item) => {
    if (item.kind !== "visiting") return item;
    const done = finishedItem(item.order, result);
    // Asked to go back while it was under way.
    return state.course === "rolling back" && done.kind === "finished"
      ? undone(done)
      : done;
  });
  if (next === state) return state;
  return {
    ...next,
    ramp: Math.min(next.ramp + 1, next.settings.slots),
    progressAt: readClock(state.clock, now),
  };
}

function finishedItem({ work }: VisitOrder, { outcome }: ItemResult): Item {
  switch (outcome) {
    case "upgraded":
      return { kind: "finished", outcome, touched: true };
    case "unchanged":
      // An undo that finds nothing to take back leaves the host as it was before the run.
      return {
        kind: "finished",
        outcome: work === "undo" ? "rolled back" : outcome,
        touched: false,
      };
    case "rolled back":
    case "gone":
      return { kind: "finished", outcome, touched: false };
    case "put back":
    case "left out":
    case "parked":
      // No rollout asks for the first two, and the last is an event of its own.
      return { kind: "finished", outcome: "unchanged", touched: false };
  }
}

function failed(
  item: Item,
  failure: GroupedFailure,
  course: RolloutState["course"],
): Item {
  if (item.kind !== "visiting") return item;
  // What failed on the way up goes back with the others.
  if (course === "rolling back" && item.order.work === "apply")
    return toUndo("failed");
  return { kind: "quarantined", order: unparked(item.order), failure };
}

function heldBack(item: Item, course: RolloutState["course"]): Item {
  if (item.kind !== "visiting") return item;
  const again: Item = { kind: "waiting", order: item.order };
  return course === "rolling back" ? undone(again) : again;
}

function parked(item: Item, at: Parked, course: RolloutState["course"]): Item {
  if (item.kind !== "visiting") return item;
  const order: VisitOrder = { ...item.order, parked: at, was: "parked" };
  return heldBack({ ...item, order }, course);
}

const retried = (item: Item): Item =>
  item.kind === "quarantined"
    ? waiting(item.order, {
        generations: retryGenerations(item.order.generations, item.failure),
      })
    : item;

const redone = (item: Item): Item =>
  item.kind === "quarantined"
    ? waiting(item.order, {
        generations: redoGenerations(item.order.generations),
        skipped: [],
      })
    : item;

const skipped = (item: Item): Item =>
  item.kind === "quarantined"
    ? waiting(item.order, {
        skipped: [...new Set([...item.order.skipped, item.failure.step])],
      })
    : item;

const excluded = (item: Item): Item =>
  item.kind === "quarantined"
    ? { kind: "excluded", failure: item.failure }
    : item;

const markedDone = (item: Item): Item =>
  item.kind === "quarantined"
    ? {
        kind: "finished",
        outcome: item.order.work === "undo" ? "rolled back" : "upgraded",
        touched: item.order.work === "apply",
        marked: true,
      }
    : item;

const takenBack = (item: Item): Item =>
  item.kind === "quarantined"
    ? waiting(item.order, { work: "undo", generations: {}, skipped: [] })
    : item;

const stale = (item: Item): Item =>
  item.kind === "finished" &&
  (item.outcome === "upgraded" || item.outcome === "unchanged")
    ? {
        kind: "waiting",
        order: {
          ...freshOrder,
          generations: redoGenerations({}),
          was: "upgraded",
        },
      }
    : item;

const waiting = (order: VisitOrder, over: Partial<VisitOrder>): Item => ({
  kind: "waiting",
  order: { ...order, ...over, asked: true, was: "failed" },
});

function extended(state: RolloutState, by: number): RolloutState {
  const added = Array.from({ length: by }, () => freshItem);
  return by === 0 ? state : { ...state, items: [...state.items, ...added] };
}

/** Another course needs no resuming. Everything that this run may have changed goes back, hosts in work as soon as they have finished. */
function rolledBack(state: RolloutState): RolloutState {
  if (state.course === "rolling back") return state;
  return {
    ...state,
    course: "rolling back",
    halts: [],
    items: state.items.map(undone),
  };
}

function undone(item: Item): Item {
  switch (item.kind) {
    case "finished":
      return item.touched ? toUndo("upgraded") : item;
    case "quarantined":
    case "excluded":
      return toUndo("failed");
    case "waiting":
      return item.order.was === undefined ? item : toUndo("failed");
    case "visiting":
      return item;
  }
}

const toUndo = (was: keyof typeof undoOrders): Item => ({
  kind: "waiting",
  order: undoOrders[was],
});

const without = (
  { halts }: RolloutState,
  kind: Halt["kind"],
): readonly Halt[] => halts.filter((halt) => halt.kind !== kind);

const idsOf = (freezes: readonly Freeze[]): string =>
  freezes.map(({ id }) => id).join();

function continued(
  state: RolloutState,
  halt: "budget" | "progress",
  { fleet, now }: Facts,
): RolloutState {
  if (!state.halts.some(({ kind }) => kind === halt)) return state;
  const halts = without(state, halt);
  return halt === "budget"
    ? { ...state, halts, accepted: acceptedNow(state, fleet) }
    : { ...state, halts, progressAt: readClock(state.clock, now) };
}

/** Over budget is not an event but a fact: it comes with a failure and goes when enough is mended or accepted. */
function withBudgetHalt(state: RolloutState, fleet: Fleet): RolloutState {
  const over =
    state.course === "rolling" ? overBudget(state, fleet) : undefined;
  const had = state.halts.find(({ kind }) => kind === "budget");
  if (over === undefined && had === undefined) return state;
  const others = without(state, "budget");
  return { ...state, halts: over === undefined ? others : [...others, over] };
}

/**
 * The next generation of the failed step, unless its command may still be running: a host that could not be reached is
 * joined where it is.
 */
const retryGenerations = (
  generations: Generations,
  { step, commandEnded = false }: GroupedFailure,
): Generations =>
  commandEnded
    ? { ...generations, [step]: generationOf(step, generations) + 1 }
    : generations;

/** Above every generation in use, so that no step of the visit finds an old result. */
const redoGenerations = (generations: Generations): Generations => ({
  "*": Math.max(1, ...Object.values(generations)) + 1,
});
