/** Gives a place back; a second call does nothing. */
export type Leave = () => void;

export interface Semaphore {
  /**
   * Resolves with a place once fewer than `limit` are taken, in the order of the calls. The limit is asked for again each
   * time a place becomes free, so that it may change while callers wait.
   *
   * @throws the reason of `signal`, when it aborts first; a place is then neither taken nor lost
   */
  enter(limit: () => number, signal?: AbortSignal): Promise<Leave>;
  readonly taken: number;
}

/** A first-in, first-out semaphore: nobody starves, also when limits differ. */
export function createSemaphore(): Semaphore {
  return new FairSemaphore();
}

interface Waiter {
  readonly limit: () => number;
  readonly admit: () => void;
}

class FairSemaphore implements Semaphore {
  taken = 0;
  private readonly waiters: Waiter[] = [];

  async enter(limit: () => number, signal?: AbortSignal): Promise<Leave> {
    signal?.throwIfAborted();
    const free = this.waiters.length === 0 && this.taken < limit();
    return free ? this.take() : this.wait(limit, signal);
  }

  private take(): Leave {
    this.taken++;
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.taken--;
      this.admitWaiters();
    };
  }

  private wait(limit: () => number, signal?: AbortSignal): Promise<Leave> {
    return new Promise((resolve, reject) => {
      const giveUp = () => {
        this.waiters.splice(this.waiters.indexOf(waiter), 1);
        reject(signal?.reason as Error);
        // The one who gave up may have been the only one whose limit was in the way.
        this.admitWaiters();
      };
      const admit = () => {
        signal?.removeEventListener("abort", giveUp);
        resolve(this.take());
      };
      const waiter: Waiter = { limit, admit };
      signal?.addEventListener("abort", giveUp, { once: true });
      this.waiters.push(waiter);
    });
  }

  private admitWaiters(): void {
    for (;;) {
      const [first] = this.waiters;
      if (!first || this.taken >= first.limit()) return;
      this.waiters.shift();
      first.admit();
    }
  }
}
