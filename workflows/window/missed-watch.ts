import { isCancellation } from "@temporalio/workflow";
import type { Said, Standing } from "./standing";
import { missedNow, unseenFrom, type WatchedWindows } from "./missed";
import type { Window } from "./window";

export interface MissedOptions {
  readonly window: Pick<Window, "judged" | "begunAt">;
  /** What the former run of the chain knew. */
  readonly carried?: WatchedWindows | undefined;
  /** When the first run of the chain was opened. */
  readonly openedAt: number;
  /** Whether a Schedule opened the run: for one window, and the next run for the next one. */
  readonly isScheduled: boolean;
  /** Asks the calendars about another instant. @throws when they cannot be read */
  ask(at: number): Promise<Said>;
  /** Hosts in work; undefined when nothing is left to start. */
  inWork(): number | undefined;
  /** People are asked whether the window stays open. */
  mayReopen(): boolean;
  /** What else kept the run from starting, for people; empty when nothing did. */
  heldBy(): string;
  /** A line of the timeline. */
  note(text: string): void;
  /** A run of a Schedule has missed its window. */
  end(): void;
}

/** Later than this is late: a worker takes a moment to begin a run. */
const lateMs = 60_000;
/** Windows at most that are told of one by one. */
const mostUnseen = 20;

/** Tells of each window in which the run began nothing, and ends a run of a Schedule that has missed its own. */
export class MissedWatch {
  #watched: WatchedWindows;
  #isFirst: boolean;

  constructor(private readonly options: MissedOptions) {
    this.#watched = options.carried ?? {};
    this.#isFirst = options.carried === undefined;
  }

  get watched(): WatchedWindows {
    return this.#watched;
  }

  /** Looks for windows that passed unseen, with each answer of the calendars before it counts: nothing starts meanwhile. */
  async heard(said: Said, now: number): Promise<void> {
    const { openedAt } = this.options;
    const isLate = this.#isFirst && now - openedAt > lateMs;
    this.#isFirst = false;
    const from = isLate ? openedAt : unseenFrom(this.#watched, said, now);
    this.#watched = { ...this.#watched, awaited: said.nextOpen };
    if (from === undefined || this.options.inWork() === undefined) return;
    try {
      const isMissed = await this.#tellUnseen(from, said, now);
      const { open, reasons } = said;
      if (isMissed) this.#endIfScheduled(open && reasons.length === 0, said);
    } catch (error) {
      if (isCancellation(error)) throw error;
      this.options.note(
        `nobody knows which windows passed since ${iso(from)}: the calendars could not be asked`,
      );
    }
  }

  /** Call it whenever the window, or what the run has in hand, may have changed. */
  look(): void {
    const { window } = this.options;
    const now = Date.now();
    const judged = window.judged(now);
    const inWork = this.options.inWork();
    if (judged === undefined || inWork === undefined) return;
    const { said, isHeld = false } = judged;
    // Who approves its move while it is open opens it: till then it is not over.
    const standing: Standing = isHeld ? { kind: "open" } : judged.standing;
    if (standing.kind === "closed" && this.options.mayReopen()) return;
    const done = { inWork, begunAt: window.begunAt };
    const { watched, missed } = missedNow(
      this.#watched,
      { said, standing },
      now,
      done,
    );
    this.#watched = watched;
    const why = standing.kind === "closed" ? standing.reason : "it has closed";
    for (const since of missed) this.#tell(since, this.options.heldBy() || why);
    if (missed.length > 0) this.#endIfScheduled(standing.kind === "open", said);
  }

  /** What was open since then, by the calendars as they are now. @returns whether anything was */
  async #tellUnseen(from: number, said: Said, now: number): Promise<boolean> {
    let at: number | undefined = from;
    let told = 0;
    while (told < mostUnseen && at !== undefined && at <= now) {
      const then: Said = await this.options.ask(at);
      if (then.open && (then.until ?? Infinity) <= now) {
        const why =
          "no worker looked at it, or the calendars could not be read";
        this.#tell(then.since ?? at, why);
        told++;
      }
      at = then.nextOpen === said.since ? undefined : then.nextOpen;
    }
    return told > 0;
  }

  #tell(since: number, why: string): void {
    this.options.note(
      `the window of ${iso(since)} passed, and nothing could start: ${why}`,
    );
  }

  /** It was opened for one window; into another one it comes late, and works there only if the calendars say so. */
  #endIfScheduled(mayStart: boolean, { missed }: Said): void {
    const { window, isScheduled } = this.options;
    if (!isScheduled || window.begunAt !== undefined) return;
    if (mayStart && missed === "run-if-still-open") return;
    this.options.end();
  }
}

const iso = (at: number): string => new Date(at).toISOString();
