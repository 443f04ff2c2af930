import type { RunbookError } from "../errors";

/** When a visit may begin on a target that keeps to calendars. */
export interface WindowTerms {
  /** What the visit and its undo take, in milliseconds: it must fit into the window. */
  readonly needMs: number;
  /** People let work start until then, whatever the calendars say; in milliseconds of the epoch. */
  readonly until?: number;
  /** From then on a visit under way begins no further step; in milliseconds of the epoch. */
  readonly stopAfter?: number;
}

export interface HoldQuestion {
  readonly target: string;
  readonly pool: string;
  readonly hostId: string;
  /** Absent where no calendar counts. */
  readonly window?: WindowTerms | undefined;
  /** Milliseconds of the epoch. */
  readonly now: number;
}

export interface Holds {
  /** What keeps a visit of the host from beginning, one of hold.*; nothing when it may begin. */
  find(question: HoldQuestion): Promise<RunbookError | undefined>;
}
