import {
  generationOf,
  type Generations,
} from "../../activities/host/generations";
import {
  failures,
  type Item,
  type ItemFailure,
  type ItemResult,
  type RolloutState,
} from "./state";

export type RolloutEvent =
  | { readonly kind: "stage opened"; readonly end: number }
  | { readonly kind: "started"; readonly index: number }
  | {
      readonly kind: "finished";
      readonly index: number;
      readonly result: ItemResult;
    }
  | {
      readonly kind: "failed";
      readonly index: number;
      readonly failure: ItemFailure;
    }
  /** The failed step again. */
  | { readonly kind: "retried"; readonly indexes: readonly number[] }
  /** The whole visit again, every command under a new generation. */
  | { readonly kind: "redone"; readonly indexes: readonly number[] }
  | { readonly kind: "excluded"; readonly indexes: readonly number[] }
  /** While holding only: somebody accepts that many failures more. */
  | { readonly kind: "budget extended"; readonly by: number }
  | { readonly kind: "aborted" };

/** The one place where a rollout's state changes. An event that does not fit the item's state changes nothing. */
export function reduce(state: RolloutState, event: RolloutEvent): RolloutState {
  switch (event.kind) {
    case "stage opened":
      return { ...state, stageEnd: event.end };
    case "started":
      return change(state, [event.index], start);
    case "finished":
      return change(state, [event.index], (item) =>
        item.kind === "visiting"
          ? { kind: "finished", result: event.result }
          : item,
      );
    case "failed":
      return heldWhenOverBudget(
        change(state, [event.index], (item) => fail(item, event.failure)),
      );
    case "retried":
      return again(state, event.indexes, retryGenerations);
    case "redone":
      return again(state, event.indexes, redoGenerations);
    case "excluded":
      return change(state, event.indexes, exclude);
    case "budget extended":
      return extended(state, event.by);
    case "aborted":
      return { ...state, kind: "draining" };
  }
}

const start = (item: Item): Item =>
  item.kind === "waiting"
    ? { kind: "visiting", generations: item.generations }
    : item;

const fail = (item: Item, failure: ItemFailure): Item =>
  item.kind === "visiting"
    ? { kind: "quarantined", generations: item.generations, failure }
    : item;

const exclude = (item: Item): Item =>
  item.kind === "quarantined"
    ? { kind: "excluded", failure: item.failure }
    : item;

function change(
  state: RolloutState,
  indexes: readonly number[],
  to: (item: Item) => Item,
): RolloutState {
  const items = [...state.items];
  for (const index of indexes) {
    const item = items[index];
    if (item !== undefined) items[index] = to(item);
  }
  return { ...state, items };
}

function again(
  state: RolloutState,
  indexes: readonly number[],
  raise: (generations: Generations, failure: ItemFailure) => Generations,
): RolloutState {
  const waiting = change(state, indexes, (item) =>
    item.kind === "quarantined"
      ? {
          kind: "waiting",
          generations: raise(item.generations, item.failure),
        }
      : item,
  );
  return withinBudget(waiting);
}

/** Failures that were mended meanwhile must not turn an answer that came late into a smaller budget. */
function extended(state: RolloutState, by: number): RolloutState {
  if (state.kind !== "holding" || by <= 0) return state;
  const { allowedFailures } = state;
  return withinBudget({ ...state, allowedFailures: allowedFailures + by });
}

const heldWhenOverBudget = (state: RolloutState): RolloutState =>
  state.kind === "rolling" && failures(state) > state.allowedFailures
    ? { ...state, kind: "holding" }
    : state;

const withinBudget = (state: RolloutState): RolloutState =>
  state.kind === "holding" && failures(state) <= state.allowedFailures
    ? { ...state, kind: "rolling" }
    : state;

/**
 * The next generation of the failed step, unless its command may still be running: a host that could not be reached is
 * joined where it is. The entry is made in either case, for it is what tells an item that was asked for again.
 */
const retryGenerations = (
  generations: Generations,
  { step, commandEnded = false }: ItemFailure,
): Generations => ({
  ...generations,
  [step]: generationOf(step, generations) + (commandEnded ? 1 : 0),
});

/** Above every generation in use, so that no step of the visit finds an old result. */
const redoGenerations = (generations: Generations): Generations => ({
  "*": Math.max(1, ...Object.values(generations)) + 1,
});
