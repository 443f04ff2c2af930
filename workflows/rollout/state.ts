/** The words of a rollout: items that move through slots. Pure data; no Temporal here. */

import type { Freeze } from "../../activities/freeze/port";
import type { Generations } from "../../activities/host/generations";
import type { Parked, VisitResult } from "../../activities/host/port";
import type { Clock } from "./clock";
import type { Budget, GroupLimits, Halt } from "./words";

export type { Generations };

export interface ItemFailure {
  readonly type: string;
  readonly step: string;
  readonly message: string;
  /** Only then may another try run the step's command anew; else it joins what may still be running. */
  readonly commandEnded?: boolean;
}

/** A failure among like ones, in words that hold for each of their hosts; see causes.ts. */
export interface GroupedFailure extends ItemFailure {
  readonly cause: string;
}

/** What a visit ended with. */
export type ItemResult = VisitResult;

export type FinishedOutcome = "upgraded" | "unchanged" | "gone" | "rolled back";

/** What a visit is asked to do. */
export interface VisitOrder {
  readonly work: "apply" | "undo";
  readonly generations: Generations;
  readonly skipped: readonly string[];
  /** Somebody asked for it after a failure: it may start while the rollout holds, for mending ends the holding. */
  readonly asked: boolean;
  /** What the host is, should its turn never come; absent: not attempted. */
  readonly was?: "upgraded" | "failed" | "parked";
  /** Where its last visit stopped when the window closed: it goes on there. */
  readonly parked?: Parked;
}

export type Item =
  | { readonly kind: "waiting"; readonly order: VisitOrder }
  | {
      readonly kind: "visiting";
      readonly order: VisitOrder;
      /** By the rollout's clock, which stands still while it is halted. */
      readonly since: number;
    }
  | {
      readonly kind: "finished";
      readonly outcome: FinishedOutcome;
      /** Whether this run has changed the host: then a rollback takes it back. */
      readonly touched: boolean;
      /** On a person's word: no census doubts it. */
      readonly marked?: true;
    }
  /** Failed and set aside: it keeps its slot and counts against the budget until somebody decides. */
  | {
      readonly kind: "quarantined";
      readonly order: VisitOrder;
      readonly failure: GroupedFailure;
    }
  /** Failed and given up. */
  | { readonly kind: "excluded"; readonly failure: GroupedFailure };

export interface RolloutSettings {
  /** Items in work at once, quarantined ones included. */
  readonly slots: number;
  readonly limits: GroupLimits;
  readonly slowStart: boolean;
  readonly budget: Budget;
  /** One item's visit, retries included, by the rollout's clock. */
  readonly hostDeadlineMs: number;
  /** Without a success for so long, by the rollout's clock, the rollout holds and asks. */
  readonly progressDeadlineMs: number;
}

/** Failures that somebody accepted beyond the budget; enough for those there were, so that the next one asks again. */
export interface Accepted {
  readonly failures: number;
  readonly pools: Readonly<Record<string, number>>;
}

/**
 * `rolling` admits; `draining` admits nothing any more and waits for what is in flight; `stopping` does not even wait;
 * `rolling back` takes touched items back.
 */
export type Course = "rolling" | "draining" | "stopping" | "rolling back";

export interface RolloutState {
  readonly course: Course;
  /** Why nothing new starts, though the course would let it; see `holdingHalts`. */
  readonly halts: readonly Halt[];
  /** All that concern the run, whatever of it they hold. */
  readonly freezes: readonly Freeze[];
  readonly items: readonly Item[];
  /** Items before this row may start. */
  readonly stageEnd: number;
  readonly settings: RolloutSettings;
  readonly accepted: Accepted;
  /** Slow start: items in flight at once, one more with each success, so that they double as each round succeeds. */
  readonly ramp: number;
  readonly clock: Clock;
  /** When the latest success was, by the clock. */
  readonly progressAt: number;
}

export const freshOrder: VisitOrder = {
  work: "apply",
  generations: {},
  skipped: [],
  asked: false,
};
export const freshItem: Item = { kind: "waiting", order: freshOrder };

/** Of hosts that this run has upgraded, and of hosts that failed on the way. */
export const undoOrders = {
  upgraded: { ...freshOrder, work: "undo", was: "upgraded" },
  failed: { ...freshOrder, work: "undo", was: "failed" },
} as const satisfies Record<string, VisitOrder>;

export function newRollout(
  count: number,
  settings: RolloutSettings,
): RolloutState {
  return {
    course: "rolling",
    halts: [],
    freezes: [],
    items: Array.from({ length: count }, () => freshItem),
    stageEnd: 0,
    settings,
    accepted: { failures: 0, pools: {} },
    ramp: 1,
    clock: { elapsedMs: 0 },
    progressAt: 0,
  };
}

/** Hosts that failed and were not mended: quarantined or given up. */
export function failures({ items }: Pick<RolloutState, "items">): number {
  return items.filter(
    ({ kind }) => kind === "quarantined" || kind === "excluded",
  ).length;
}

export function inFlight({ items }: Pick<RolloutState, "items">): number {
  return items.reduce(
    (count, { kind }) => (kind === "visiting" ? count + 1 : count),
    0,
  );
}

/** Rows of the quarantined items. */
export function quarantined({ items }: Pick<RolloutState, "items">): number[] {
  return items.flatMap((item, index) =>
    item.kind === "quarantined" ? [index] : [],
  );
}

/** Rows of the items whose visit failed, whatever a person said of them since, or stopped: hosts that may be out of service still. */
export function maybeLeftOut({ items }: Pick<RolloutState, "items">): number[] {
  return items.flatMap((item, index) =>
    item.kind === "quarantined" ||
    item.kind === "excluded" ||
    (item.kind === "waiting" && item.order.parked !== undefined) ||
    (item.kind === "finished" && item.marked === true)
      ? [index]
      : [],
  );
}

/** The halts that hold the course it is on: a window holds nobody who goes back. */
export function holdingHalts({
  course,
  halts,
}: Pick<RolloutState, "course" | "halts">): readonly Halt[] {
  if (course === "rolling") return halts;
  return halts.filter(({ kind }) => kind !== "closed");
}

/** Nothing of the stage is left to do, or nothing more will be done. */
export function stageSettled(state: RolloutState): boolean {
  switch (state.course) {
    case "draining":
    case "stopping":
      return inFlight(state) === 0;
    case "rolling":
      return !state.items.slice(0, state.stageEnd).some(isOpen);
    case "rolling back":
      return !state.items.some((item) => isOpen(item) && !isUntouched(item));
  }
}

const isOpen = ({ kind }: Item): boolean =>
  kind === "waiting" || kind === "visiting" || kind === "quarantined";

/** Its turn never came. */
const isUntouched = (item: Item): boolean =>
  item.kind === "waiting" && item.order.work === "apply";
