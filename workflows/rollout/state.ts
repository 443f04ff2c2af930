/** The words of a rollout: items that move through slots. Pure data; no Temporal here. */

import type { Generations } from "../../activities/host/generations";

export type { Generations };

export interface ItemFailure {
  readonly type: string;
  readonly step: string;
  readonly message: string;
  /** Only then may another try run the step's command anew; else it joins what may still be running. */
  readonly commandEnded?: boolean;
}

export interface ItemResult {
  readonly outcome: "upgraded" | "unchanged" | "gone";
  readonly version?: string;
  readonly ms: number;
}

export type Item =
  | { readonly kind: "waiting"; readonly generations: Generations }
  | { readonly kind: "visiting"; readonly generations: Generations }
  | { readonly kind: "finished"; readonly result: ItemResult }
  /** Failed and set aside: it keeps its slot and counts against the budget until somebody decides. */
  | {
      readonly kind: "quarantined";
      readonly generations: Generations;
      readonly failure: ItemFailure;
    }
  | { readonly kind: "excluded"; readonly failure: ItemFailure };

interface Course {
  readonly items: readonly Item[];
  /** Items in work at once, quarantined ones included. */
  readonly slots: number;
  /** Failed items allowed; one more and the rollout holds. */
  readonly allowedFailures: number;
  /** Items before this row may start: first the canaries, then all. */
  readonly stageEnd: number;
}

/**
 * `rolling` admits; `holding` is over budget and asks; `draining` admits nothing any more and waits for what is in
 * flight.
 */
export type RolloutState = Course & {
  readonly kind: "rolling" | "holding" | "draining";
};

export function newRollout(
  count: number,
  slots: number,
  allowedFailures: number,
): RolloutState {
  const items = Array.from({ length: count }, (): Item => ({
    kind: "waiting",
    generations: {},
  }));
  return { kind: "rolling", items, slots, allowedFailures, stageEnd: 0 };
}

/** Hosts that failed and were not mended: quarantined or given up. */
export function failures(state: RolloutState): number {
  return state.items.filter(
    ({ kind }) => kind === "quarantined" || kind === "excluded",
  ).length;
}

export function inFlight(state: RolloutState): number {
  return state.items.filter(({ kind }) => kind === "visiting").length;
}

/** Rows of the quarantined items. */
export function quarantined(state: RolloutState): number[] {
  return state.items.flatMap((item, index) =>
    item.kind === "quarantined" ? [index] : [],
  );
}

/** Nothing of the stage is left to do, or nothing more will be done. */
export function stageSettled(state: RolloutState): boolean {
  if (state.kind === "draining") return inFlight(state) === 0;
  return state.items
    .slice(0, state.stageEnd)
    .every(({ kind }) => kind === "finished" || kind === "excluded");
}
