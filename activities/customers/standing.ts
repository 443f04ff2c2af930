import type { ArtifactStore } from "../artifacts/port";
import { csvCustomer, csvHeader } from "./export";
import { type PassesOrder, passedBatches } from "./passes";
import type { ClassCounts, ProbeClass, StateCounts } from "./port";
import { stateOf } from "./states";

/** Where all customers of a book stand after its passes. */
export interface CustomersStanding {
  readonly count: number;
  readonly passes: number;
  readonly states: StateCounts;
  /** Of the last pass. */
  readonly classes: ClassCounts;
  /** Those who are not ready, at most 50: `c-7 (blocked: connect timed out)`. */
  readonly notReady: readonly string[];
}

const mostNamed = 50;

/** @param onCsv hears a CSV of all of them, piece by piece @throws customers.*, artifacts.* */
export async function customersStanding(
  artifacts: ArtifactStore,
  order: PassesOrder,
  onCsv: (text: string) => void = () => undefined,
): Promise<CustomersStanding> {
  const states: Record<string, number> = {};
  const classes: Partial<Record<ProbeClass, number>> = {};
  const notReady: string[] = [];
  onCsv(csvHeader(order.passes));
  for await (const batch of passedBatches(artifacts, order))
    for (const one of batch) {
      onCsv(csvCustomer(one));
      const state = stateOf(one.classes);
      states[state] = (states[state] ?? 0) + 1;
      const last = one.classes.at(-1);
      if (last !== undefined) classes[last] = (classes[last] ?? 0) + 1;
      if (state !== "ready" && notReady.length < mostNamed)
        notReady.push(`${one.customer.id} (${said(state, one.seen)})`);
    }
  const { book, passes } = order;
  return { count: book.count, passes, states, classes, notReady };
}

const said = (state: string, seen: string): string =>
  seen === "" ? state : `${state}: ${seen}`;
