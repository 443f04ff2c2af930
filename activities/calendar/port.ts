/**
 * What everybody knows of maintenance calendars; plain types, so that workflow code may import them. Instants are UTC, in
 * milliseconds of the epoch; durations are milliseconds of elapsed time.
 */

/** What becomes of work that is under way when the window closes. */
export type AtClose =
  | "finish-batch-and-park"
  | "finish-step-and-park"
  | "ask"
  | "abort-with-rollback";

/** What a run of a Schedule does that has missed its window; see docs/windows.md. */
export type Missed = "skip-and-report" | "run-if-still-open";

/** Who may let work go on past the end, for how long, and how long before the end that must have been said. */
export interface Overrun {
  readonly by: readonly string[];
  readonly mostMs: number;
  readonly noticeMs: number;
}

export interface Period {
  readonly from: number;
  /** Not part of it. */
  readonly to: number;
}

/** Exactly one of `target` and `calendars`. */
export interface CalendarQuestion {
  /** A target of the configuration: all calendars that it names. */
  readonly target?: string;
  /** Names of calendars; work may start while all of them are open. */
  readonly calendars?: readonly string[];
  readonly at: number;
  /** What the digest is made over; default: `at` and the 400 days after it. Digests compare over the same period only. */
  readonly digestOver?: Period;
}

export type CalendarReasonKind =
  "outside" | "blackout" | "excluded" | "tooShort" | "pastCutoff" | "noOpening";

export interface CalendarReason {
  /** Absent where no single calendar is the cause. */
  readonly calendar?: string;
  readonly kind: CalendarReasonKind;
  /** For people, instants in UTC. */
  readonly text: string;
}

export interface CalendarState {
  /** The names that were asked, in order; none for a target that names no calendar, which is always open. */
  readonly calendars: readonly string[];
  readonly at: number;
  readonly open: boolean;
  /** Start of the window that is open; absent while closed, and when it began before anything that was looked at. */
  readonly since?: number;
  /** End of the window that is open; absent while closed, and when it stays open beyond the horizon. */
  readonly until?: number;
  /** From here on nothing new starts: `until` less the longest cutoff. Absent where `until` is. */
  readonly cutoffAt?: number;
  /** Start of the next window, while open that of the one after it; absent when there is none within the horizon. */
  readonly nextOpen?: number;
  /** When to ask again at the latest: the next instant at which this answer is another one. */
  readonly nextChange?: number;
  /** Why nothing may start now, or ever; empty while it may. */
  readonly reasons: readonly CalendarReason[];
  /** Of the window that is open, else of the next one; absent when it has no end within the horizon. */
  readonly atClose?: AtClose;
  readonly overrun?: Overrun;
  readonly missed: Missed;
  /** SHA-256 over the documents and the instants they mean: other tz data that moves an instant changes it. */
  readonly digest: string;
}

export interface CalendarActivities {
  /**
   * Whether work may start, asked of the configuration as it is now.
   *
   * @throws calendar.*, config.*, reference.*, input.invalid
   */
  calendarState(question: CalendarQuestion): Promise<CalendarState>;
}
