/**
 * A rollout's state, small enough to be carried into the next run of its chain: by row of the plan, a letter a host, and
 * words only for the few hosts that are not ordinary. Pure.
 */

import {
  type FinishedOutcome,
  freshItem,
  freshOrder,
  type GroupedFailure,
  type Item,
  type RolloutState,
  undoItem,
  undoOrder,
  type VisitOrder,
} from "./state";

export interface PackedRollout extends Omit<RolloutState, "items"> {
  /** A letter for each row. */
  readonly letters: string;
  /** Rows that a letter does not tell, in order. */
  readonly details: readonly PackedDetail[];
  /** Each failure once, since like ones share their words. */
  readonly failures: readonly GroupedFailure[];
}

interface PackedDetail {
  readonly row: number;
  /** Absent where the letter tells it. */
  readonly order?: VisitOrder;
  /** In `failures`. */
  readonly failure?: number;
  /** By the rollout's clock. */
  readonly since?: number;
}

const finishedItems = {
  u: { kind: "finished", outcome: "upgraded", touched: true },
  n: { kind: "finished", outcome: "unchanged", touched: false },
  g: { kind: "finished", outcome: "gone", touched: false },
  r: { kind: "finished", outcome: "rolled back", touched: false },
} as const satisfies Record<string, Item>;

const finishedLetters: Readonly<Record<FinishedOutcome, string>> = {
  upgraded: "u",
  unchanged: "n",
  gone: "g",
  "rolled back": "r",
};

export function pack({ items, ...rest }: RolloutState): PackedRollout {
  const details: PackedDetail[] = [];
  const failures: GroupedFailure[] = [];
  const known = new Map<string, number>();
  const numberOf = (failure: GroupedFailure): number => {
    const words = JSON.stringify(failure);
    const number = known.get(words) ?? failures.push(failure) - 1;
    known.set(words, number);
    return number;
  };
  const letters = items.map((item, row) => {
    switch (item.kind) {
      case "finished":
        return finishedLetters[item.outcome];
      case "waiting":
        if (item.order === freshOrder) return ".";
        if (item.order === undoOrder) return "d";
        details.push({ row, order: item.order });
        return "w";
      case "visiting":
        details.push({ row, ...orderOf(item.order), since: item.since });
        return item.order === undoOrder ? "b" : "v";
      case "quarantined": {
        const failure = numberOf(item.failure);
        details.push({ row, ...orderOf(item.order), failure });
        return item.order === undoOrder ? "Q" : "q";
      }
      case "excluded":
        details.push({ row, failure: numberOf(item.failure) });
        return "x";
    }
  });
  return { ...rest, letters: letters.join(""), details, failures };
}

const orderOf = (order: VisitOrder): Pick<PackedDetail, "order"> =>
  order === freshOrder || order === undoOrder ? {} : { order };

export function unpack({
  letters,
  details,
  failures,
  ...rest
}: PackedRollout): RolloutState {
  const byRow = new Map(details.map((detail) => [detail.row, detail]));
  const items = [...letters].map((letter, row) =>
    itemOf(letter, byRow.get(row), failures),
  );
  return { ...rest, items };
}

function itemOf(
  letter: string,
  detail: PackedDetail | undefined,
  failures: readonly GroupedFailure[],
): Item {
  const { order = freshOrder, since = 0 } = detail ?? {};
  const failure = failures[detail?.failure ?? -1] ?? lostFailure;
  switch (letter) {
    case "w":
      return { kind: "waiting", order };
    case "d":
      return undoItem;
    case "v":
      return { kind: "visiting", order, since };
    case "b":
      return { kind: "visiting", order: undoOrder, since };
    case "q":
      return { kind: "quarantined", order, failure };
    case "Q":
      return { kind: "quarantined", order: undoOrder, failure };
    case "x":
      return { kind: "excluded", failure };
    case "u":
    case "n":
    case "g":
    case "r":
      return finishedItems[letter];
    default:
      return freshItem;
  }
}

/** What a carried state that was cut short says. */
const lostFailure: GroupedFailure = {
  type: "unexpected",
  step: "visit",
  message: "its words were lost on the way into the next run",
  cause: "visit-lost",
};
