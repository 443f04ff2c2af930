import {
  defineSearchAttributeKey,
  type SearchAttributeUpdatePair,
} from "@temporalio/common";
import {
  CancellationScope,
  sleep,
  upsertSearchAttributes,
} from "@temporalio/workflow";

const keys = {
  name: defineSearchAttributeKey("RunbookName", "KEYWORD"),
  target: defineSearchAttributeKey("RunbookTarget", "KEYWORD"),
  change: defineSearchAttributeKey("ChangeTicket", "KEYWORD"),
  phase: defineSearchAttributeKey("RunbookPhase", "KEYWORD"),
  waiting: defineSearchAttributeKey("RunbookWaiting", "KEYWORD"),
  percent: defineSearchAttributeKey("RunbookPct", "INT"),
  blocked: defineSearchAttributeKey("RunbookBlocked", "BOOL"),
  nextWindow: defineSearchAttributeKey("RunbookNextWindow", "DATETIME"),
} as const;

const names = Object.keys(keys) as (keyof typeof keys)[];

/** What a list of runs shows without any worker. */
export interface Standing {
  readonly name: string;
  readonly target: string;
  readonly change: string;
  readonly phase: string;
  /** Gate ids, comma separated; `none` when nobody is asked. */
  readonly waiting: string;
  /** In steps of ten: each change costs a history event. */
  readonly percent: number;
  readonly blocked: boolean;
  /** When work may go on, in milliseconds of the epoch; of a run that waits for its window. */
  readonly nextWindow?: number | undefined;
}

/** Each publication is a history event, and the list of runs is read by people. */
const betweenMs = 10_000;

/**
 * Publishes what differs from the last time, at most every ten seconds; an unchanged standing costs nothing.
 *
 * A timer keeps the pause, never the clock: when a query is what makes a worker rebuild a run whose task has timed out, the
 * SDK applies the events that wait to it at the time of the query, and its `Date.now()` is another than in a replay. A
 * decision by it would then be one that the replay does not make.
 */
export class StandingBoard {
  #published: Partial<Standing> = {};
  #latest: Standing | undefined;
  #isPausing = false;

  /** @param isLast the run ends with this one, so it is not put off */
  publish(standing: Standing, isLast = false): void {
    this.#latest = standing;
    if (isLast) this.#write();
    else this.#show();
  }

  #show(): void {
    if (this.#isPausing || this.#changed().length === 0) return;
    this.#write();
    this.#isPausing = true;
    const pause = (): Promise<void> =>
      sleep(betweenMs, { summary: "next publication of the standing" });
    void CancellationScope.nonCancellable(pause).then(() => {
      this.#isPausing = false;
      this.#show();
    });
  }

  #changed(): (keyof Standing)[] {
    return names.filter(
      (name) => this.#latest?.[name] !== this.#published[name],
    );
  }

  #write(): void {
    const changed = this.#changed();
    const standing = this.#latest;
    if (standing === undefined || changed.length === 0) return;
    this.#published = standing;
    upsertSearchAttributes(changed.map((name) => pairOf(name, standing)));
  }
}

/** Each key has the type of its field, which the compiler cannot follow through a name. */
function pairOf(
  name: keyof Standing,
  standing: Standing,
): SearchAttributeUpdatePair {
  const value = standing[name];
  return {
    key: keys[name],
    value:
      name === "nextWindow" && typeof value === "number"
        ? new Date(value)
        : (value ?? null),
  } as SearchAttributeUpdatePair;
}
