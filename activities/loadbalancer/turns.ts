import { pause } from "../ssh/abort";
import { createSemaphore, type Semaphore } from "../ssh/semaphore";
import { withinTime } from "../time-limit";
import { balancerError } from "./errors";
import type { Place } from "./place";
import { describeCrowd, type Standing, withoutRoom } from "./room";

/** Hosts of one backend that this worker wants out. */
interface Queue {
  /** Who holds it counts; all others wait behind. */
  readonly turn: Semaphore;
  /** Counted already, on their way out, and perhaps not out yet for who counts next. */
  pending: number;
}

interface Watch {
  readonly signal: AbortSignal;
  readonly report: (line: string) => void;
}

const pollMs = 500;
/** Workers that see the same room at the same moment come for it one after the other; an answer takes a millisecond. */
const spreadMs = 100;

/**
 * Takes hosts out one after the other, so that two never pass the same count. Another worker may count at the same
 * moment: rarely, as each looks twice with some time between, and not for long, as a host counts again once it is out
 * and steps back when they are too many together. Of those that stay, the last one to leave saw all others out and was
 * within the share: so those that stay never exceed it, however many workers there are.
 */
export class Turns {
  readonly #queues = new Map<string, Queue>();

  /** @throws balancer.tooManyOut, and whatever the balancer refuses */
  async takeOut(place: Place, watch: Watch): Promise<void> {
    const { signal, report } = watch;
    const queue = this.#queueOf(place);
    // Ends the waiting only: between going out and counting again nobody is left standing.
    const waiting = withinTime(place.turnTimeoutMs, signal);
    const seen: { crowd?: string } = {};
    try {
      for (;;) {
        await this.#whenRoom(place, queue, seen, { signal: waiting, report });
        const over = await leave(place, queue);
        if (over === undefined) return;
        seen.crowd = describeCrowd(over, place.backend, place.maxOut);
        report(`stepped back: ${seen.crowd}`);
        // Whoever stepped back at the same moment must not come again at the same moment.
        await pause(pollMs * (1 + 2 * Math.random()), waiting);
      }
    } catch (error) {
      if (signal.aborted || !waiting.aborted || error !== waiting.reason)
        throw error;
      throw tooManyOut(place, seen.crowd);
    }
  }

  #queueOf({ queue: name }: Place): Queue {
    const known = this.#queues.get(name);
    if (known !== undefined) return known;
    const queue = { turn: createSemaphore(), pending: 0 };
    this.#queues.set(name, queue);
    return queue;
  }

  /** Leaves with the host counted as pending. */
  async #whenRoom(
    place: Place,
    queue: Queue,
    seen: { crowd?: string },
    { signal, report }: Watch,
  ): Promise<void> {
    const first = await place.look();
    if (first.every(({ isOut }) => isOut)) {
      queue.pending++;
      return;
    }
    if (queue.turn.taken > 0)
      report(`waits for its turn to leave ${place.backend}`);
    const leaveTurn = await queue.turn.enter(() => 1, signal);
    try {
      for (let sawRoom = false; ;) {
        // Read before the look: who is pending now may have gone out when the answer comes, not the other way round.
        const { pending } = queue;
        const standings = await place.look();
        const crowded = withoutRoom(standings, place.maxOut, pending);
        if (crowded === undefined && (sawRoom || standings.length === 0)) {
          queue.pending++;
          return;
        }
        sawRoom = crowded === undefined;
        if (crowded !== undefined) {
          seen.crowd = describeCrowd(crowded, place.backend, place.maxOut);
          report(`waits: ${seen.crowd}`);
        }
        await pause(sawRoom ? spreadMs * Math.random() : pollMs, signal);
      }
    } finally {
      leaveTurn();
    }
  }
}

/** @returns the balancer at which too many are out with this host; it is put back then */
async function leave(
  place: Place,
  queue: Queue,
): Promise<Standing | undefined> {
  try {
    const departure = await place.takeOut();
    const over = withoutRoom(departure.after, place.maxOut);
    if (over !== undefined) await departure.stepBack();
    return over;
  } finally {
    queue.pending--;
  }
}

function tooManyOut(
  { backend, turnTimeoutMs }: Place,
  crowd = `other hosts of ${backend} were before it`,
): Error {
  return balancerError("tooManyOut", {
    seen: `no turn to leave within ${turnTimeoutMs / 1_000} s: ${crowd}`,
    facts: { backend },
  });
}
