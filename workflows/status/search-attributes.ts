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

/** Publishes what differs from the last time, at most every ten seconds; an unchanged standing costs nothing. */
export class StandingBoard {
  #published: Partial<Standing> = {};
  #latest: Standing | undefined;
  #nextAt = 0;
  #isWaiting = false;

  /** @param isLast the run ends with this one, so it is not put off */
  publish(standing: Standing, isLast = false): void {
    this.#latest = standing;
    const inMs = this.#nextAt - Date.now();
    if (isLast) return this.#write();
    // Its timer decides, not the clock: behind a task that timed out the two may disagree, and a replay then differs.
    if (this.#isWaiting) return;
    if (inMs <= 0) this.#write();
    else if (this.#changed().length > 0) this.#later(inMs);
  }

  #later(inMs: number): void {
    this.#isWaiting = true;
    const pause = (): Promise<void> =>
      sleep(inMs, { summary: "next publication of the standing" });
    void CancellationScope.nonCancellable(pause).then(() => {
      this.#isWaiting = false;
      this.#write();
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
    this.#nextAt = Date.now() + betweenMs;
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
