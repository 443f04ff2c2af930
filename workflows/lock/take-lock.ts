import { condition, proxyActivities, setHandler } from "@temporalio/workflow";
import type {
  LockActivities,
  LockAnswer,
  LockAsk,
} from "../../activities/lock/port";
import { retryClasses } from "../retry-classes";
import { yourTurn } from "./messages";

const { askForLock } = proxyActivities<LockActivities>({
  ...retryClasses.last,
  summary: "ask for the lock",
});

/** A call that gets lost costs no more than this: whoever waits asks again, ever less often, since each time costs history. */
const againAfterMs = [15_000, 30_000, 60_000, 120_000] as const;
const longestMs = 300_000;

export type LockWait = Extract<LockAnswer, { kind: "waiting" }>;

export interface Waiting {
  /** How often the run was called. */
  readonly calls: () => number;
  /** Whether the run wants nothing any more. */
  readonly isOff: () => boolean;
  readonly onWait: (wait: LockWait) => void;
}

/** Call it first, before any await: the turn may come at any moment. @returns how often the run was called so far */
export function hearCalls(): () => number {
  let calls = 0;
  setHandler(yourTurn, () => void calls++, {
    description: "Sent by the workflow that keeps the locks of the target.",
  });
  return () => calls;
}

/**
 * Waits for its turn, however long it takes. Being called only makes it ask: what it is answered is what counts.
 *
 * @returns false when the run wanted nothing any more before its turn came
 */
export async function takeLock(
  ask: LockAsk,
  { calls, isOff, onWait }: Waiting,
): Promise<boolean> {
  for (let asked = 0; ; asked++) {
    const heard = calls();
    const answer = await askForLock(ask);
    if (answer.kind === "held") return true;
    onWait(answer);
    const againMs = againAfterMs[asked] ?? longestMs;
    await condition(() => calls() !== heard || isOff(), againMs, {
      summary: "its turn, or to ask again",
    });
    if (isOff()) return false;
  }
}
