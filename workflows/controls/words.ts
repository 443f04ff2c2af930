/** What an operator tells a run at any moment. Pure data; no Temporal here. */

import type { Budget, GroupLimits } from "../rollout/words";

export interface Control {
  /** Who says so; a claim, shown as such. */
  readonly by: string;
  readonly reason?: string;
}

export interface Retuning extends Control {
  readonly slots?: number;
  readonly limits?: GroupLimits;
  readonly budget?: Budget;
}

/** Asks that work may start though no calendar is open; somebody else must approve. */
export interface Overriding extends Control {
  readonly reason: string;
  /** From now on; at most 24. */
  readonly hours: number;
}

/** What any control may carry. */
export type Told = Retuning & Partial<Pick<Overriding, "hours">>;
