import type {
  CalendarActivities,
  CalendarReason,
  CalendarState,
} from "../calendar/port";
import { isRunbookError, type RunbookError } from "../errors";
import type { Freeze, Freezes } from "../freeze/port";
import { holdError } from "./errors";
import type { HoldQuestion, Holds, WindowTerms } from "./port";
import { SharedAnswer } from "./shared-answer";

/** How old an answer may be: what was said since holds those who begin after so long. */
const keptMs = 5_000;

interface Sources {
  /** @throws calendar.*, config.*, reference.* */
  readonly calendarState: CalendarActivities["calendarState"];
  readonly freezes: Freezes;
}

/**
 * The look at window and freezes that each visit takes before it begins. A worker's visits share the answers, so that a
 * fleet costs a question each few seconds; where no calendar counts none is asked.
 */
export class SharedHolds implements Holds {
  /** By target. */
  readonly #calendars = new Map<string, SharedAnswer<CalendarState>>();
  readonly #freezes = new Map<string, SharedAnswer<readonly Freeze[]>>();

  constructor(
    private readonly sources: Sources,
    /** In milliseconds, and never set back. */
    private readonly clock: () => number = () => performance.now(),
  ) {}

  async find(question: HoldQuestion): Promise<RunbookError | undefined> {
    const [closed, frozen] = await Promise.all([
      this.#closed(question),
      this.#frozen(question),
    ]);
    return closed ?? frozen;
  }

  async #closed({
    target,
    hostId: host,
    window,
    now,
  }: HoldQuestion): Promise<RunbookError | undefined> {
    if (window === undefined || now < (window.until ?? 0)) return undefined;
    const seen = await this.#state(target, now).then(
      (state) => whyClosed(state, window, now),
      (error: unknown) => `the calendars cannot be read: ${reasonOf(error)}`,
    );
    if (seen === undefined) return undefined;
    // Whoever comes back after an edit must not hear of it once more; so it is with freezes.
    this.#calendars.delete(target);
    return holdError("outOfWindow", { seen, facts: { host } });
  }

  async #frozen(question: HoldQuestion): Promise<RunbookError | undefined> {
    const { target, hostId: host } = question;
    const facts = { host };
    try {
      const set = await this.#sharedIn(this.#freezes, target).get(() =>
        this.sources.freezes.holding([target]),
      );
      const found = set.find((freeze) => holds(freeze, question));
      if (found === undefined) return undefined;
      this.#freezes.delete(target);
      return holdError("frozen", { seen: frozenInWords(found), facts });
    } catch (cause) {
      const seen = `nobody tells what is frozen: ${reasonOf(cause)}`;
      return holdError("freezesUnknown", { seen, facts, cause });
    }
  }

  #state(target: string, now: number): Promise<CalendarState> {
    return this.#sharedIn(this.#calendars, target).get(
      () => this.sources.calendarState({ target, at: now }),
      ({ at, nextChange = Infinity }) => at - keptMs <= now && now < nextChange,
    );
  }

  #sharedIn<T>(
    answers: Map<string, SharedAnswer<T>>,
    target: string,
  ): SharedAnswer<T> {
    const shared =
      answers.get(target) ?? new SharedAnswer<T>(keptMs, this.clock);
    answers.set(target, shared);
    return shared;
  }
}

/** For people, in words without the hosts', so that like ones are one. */
function whyClosed(
  { until, nextOpen, reasons }: CalendarState,
  { needMs }: WindowTerms,
  now: number,
): string | undefined {
  const again =
    nextOpen === undefined ? "" : `; the next window opens at ${iso(nextOpen)}`;
  if (reasons.length > 0) return `${reasons.map(wordsOf).join("; ")}${again}`;
  if (until === undefined || now < until - needMs) return undefined;
  return `the window ends at ${iso(until)}: too soon for ${Math.ceil(needMs / 1_000)} s of work and undo${again}`;
}

const wordsOf = ({ calendar, text }: CalendarReason): string =>
  calendar === undefined ? text : `${calendar}: ${text}`;

const holds = (
  { scope, until }: Freeze,
  { target, pool, hostId, now }: HoldQuestion,
): boolean =>
  (until === undefined || now < until) &&
  (scope === "all" || `${target}/${pool}/${hostId}/`.startsWith(`${scope}/`));

function frozenInWords({ id, scope, by, reason, until }: Freeze): string {
  const end =
    until === undefined ? "until it is lifted" : `until ${iso(until)}`;
  const what = scope === "all" ? "everything" : scope;
  return `${what} is frozen by ${by} ${end}: ${reason} (${id})`;
}

const iso = (at: number): string => new Date(at).toISOString();

function reasonOf(error: unknown): string {
  if (isRunbookError(error)) return `${error.seen} (${error.type})`;
  return error instanceof Error ? error.message : String(error);
}
