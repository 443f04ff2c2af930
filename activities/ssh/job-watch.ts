/** What setTimeout can hold; a longer wait is made of several. */
const longestTimerMs = 2 ** 31 - 1;

/** The timers of one connection; the first that goes off ends its round by `failure`. */
export class RoundWatch {
  readonly failure: Promise<never>;
  private fail: (error: unknown) => void = () => undefined;
  private answerTimer: NodeJS.Timeout | undefined;
  private limitTimer: NodeJS.Timeout | undefined;

  constructor() {
    this.failure = new Promise((_, reject) => (this.fail = reject));
    this.failure.catch(() => undefined);
  }

  awaitAnswer(ms: number, late: () => Error): void {
    this.answerTimer = setTimeout(() => this.fail(late()), ms);
  }

  answered(): void {
    clearTimeout(this.answerTimer);
  }

  /** Calls `late` at the deadline; what it comes to, an error either way, ends the round. */
  limit(deadline: number, late: () => Promise<Error>): void {
    clearTimeout(this.limitTimer);
    const leftMs = deadline - Date.now();
    this.limitTimer = setTimeout(
      () => {
        if (leftMs > longestTimerMs) this.limit(deadline, late);
        else late().then(this.fail, this.fail);
      },
      Math.min(Math.max(leftMs, 0), longestTimerMs),
    );
  }

  close(): void {
    clearTimeout(this.answerTimer);
    clearTimeout(this.limitTimer);
  }
}
