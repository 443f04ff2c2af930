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
  undoOrders,
  type VisitOrder,
} from "./state";

export interface PackedRollout extends Omit<RolloutState, "items" | "freezes"> {
  /** Absent where there are none. */
  readonly freezes?: RolloutState["freezes"];
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

const finishedItems: Readonly<Record<string, Item>> = {
  u: { kind: "finished", outcome: "upgraded", touched: true },
  m: { kind: "finished", outcome: "upgraded", touched: true, marked: true },
  n: { kind: "finished", outcome: "unchanged", touched: false },
  g: { kind: "finished", outcome: "gone", touched: false },
  r: { kind: "finished", outcome: "rolled back", touched: false },
  R: { kind: "finished", outcome: "rolled back", touched: false, marked: true },
};

const finishedLetters: Readonly<Record<FinishedOutcome, string>> = {
  upgraded: "u",
  unchanged: "n",
  gone: "g",
  "rolled back": "r",
};

export function pack({ items, freezes, ...rest }: RolloutState): PackedRollout {
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
        return finishedLetter(item);
      case "waiting":
        if (!isPlain(item.order)) details.push({ row, order: item.order });
        return waitingLetters[plainOf(item.order)];
      case "visiting":
        details.push({ row, ...orderOf(item.order), since: item.since });
        return visitingLetters[plainOf(item.order)];
      case "quarantined": {
        const failure = numberOf(item.failure);
        details.push({ row, ...orderOf(item.order), failure });
        return quarantinedLetters[plainOf(item.order)];
      }
      case "excluded":
        details.push({ row, failure: numberOf(item.failure) });
        return "x";
    }
  });
  return {
    ...rest,
    ...(freezes.length === 0 ? {} : { freezes }),
    ...{ letters: letters.join(""), details, failures },
  };
}

function finishedLetter({
  outcome,
  marked,
}: Extract<Item, { kind: "finished" }>): string {
  if (marked === true) return outcome === "upgraded" ? "m" : "R";
  return finishedLetters[outcome];
}

/** Orders that a letter tells. */
const plainOrders = {
  fresh: freshOrder,
  back: undoOrders.upgraded,
  backFailed: undoOrders.failed,
} as const satisfies Record<string, VisitOrder>;
type Plain = keyof typeof plainOrders;

const waitingLetters: Readonly<Record<Plain | "other", string>> = {
  fresh: ".",
  back: "d",
  backFailed: "D",
  other: "w",
};
const visitingLetters: typeof waitingLetters = {
  fresh: "v",
  back: "b",
  backFailed: "B",
  other: "V",
};
const quarantinedLetters: typeof waitingLetters = {
  fresh: "q",
  back: "k",
  backFailed: "K",
  other: "Q",
};

function plainOf(order: VisitOrder): Plain | "other" {
  const names = Object.keys(plainOrders) as Plain[];
  return names.find((name) => plainOrders[name] === order) ?? "other";
}

const isPlain = (order: VisitOrder): boolean => plainOf(order) !== "other";

const orderOf = (order: VisitOrder): Pick<PackedDetail, "order"> =>
  isPlain(order) ? {} : { order };

export function unpack({
  letters,
  details,
  failures,
  freezes = [],
  ...rest
}: PackedRollout): RolloutState {
  const byRow = new Map(details.map((detail) => [detail.row, detail]));
  const items = [...letters].map((letter, row) =>
    itemOf(letter, byRow.get(row), failures),
  );
  return { ...rest, freezes, items };
}

function itemOf(
  letter: string,
  detail: PackedDetail | undefined,
  failures: readonly GroupedFailure[],
): Item {
  const finished = finishedItems[letter];
  if (finished !== undefined) return finished;
  const failure = failures[detail?.failure ?? -1] ?? lostFailure;
  if (letter === "x") return { kind: "excluded", failure };
  const { since = 0 } = detail ?? {};
  for (const name of ["fresh", "back", "backFailed", "other"] as const) {
    const order =
      name === "other" ? (detail?.order ?? freshOrder) : plainOrders[name];
    if (letter === visitingLetters[name])
      return { kind: "visiting", order, since };
    if (letter === quarantinedLetters[name])
      return { kind: "quarantined", order, failure };
    if (letter === waitingLetters[name])
      return name === "fresh" ? freshItem : { kind: "waiting", order };
  }
  return freshItem;
}

/** What a carried state that was cut short says. */
const lostFailure: GroupedFailure = {
  type: "unexpected",
  step: "visit",
  message: "its words were lost on the way into the next run",
  cause: "visit-lost",
};
