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

interface Waiter {
  readonly limit: () => number;
  readonly admit: () => void;
}

/** A first-in, first-out semaphore: nobody starves, also when limits differ. */
export function createSemaphore(): Semaphore {
  let taken = 0;
  const waiters: Waiter[] = [];

  function admitWaiters(): void {
    for (;;) {
      const first = waiters[0];
      if (!first || taken >= first.limit()) return;
      waiters.shift();
      first.admit();
    }
  }

  function take(): Leave {
    taken++;
    let left = false;
    return () => {
      if (left) return;
      left = true;
      taken--;
      admitWaiters();
    };
  }

  function wait(limit: () => number, signal?: AbortSignal): Promise<Leave> {
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        limit,
        admit: () => {
          signal?.removeEventListener("abort", giveUp);
          resolve(take());
        },
      };
      function giveUp(): void {
        waiters.splice(waiters.indexOf(waiter), 1);
        reject(signal?.reason as Error);
        // The one who gave up may have been the only one whose limit was in the way.
        admitWaiters();
      }
      signal?.addEventListener("abort", giveUp, { once: true });
      waiters.push(waiter);
    });
  }

  return {
    async enter(limit, signal) {
      signal?.throwIfAborted();
      if (waiters.length === 0 && taken < limit()) return take();
      return wait(limit, signal);
    },
    get taken() {
      return taken;
    },
  };
}
