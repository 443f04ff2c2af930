interface Asked<T> {
  readonly since: number;
  readonly answer: Promise<T>;
}

/**
 * One answer for all who ask within a moment, and one question for all who wait for it. From half of that time on the next
 * answer is fetched while the last one still serves, so that nobody waits but the first. Failures are not kept.
 */
export class SharedAnswer<T> {
  #known: Asked<T> | undefined;
  #next: Asked<T> | undefined;

  constructor(
    private readonly keepMs: number,
    /** In milliseconds, and never set back. */
    private readonly clock: () => number,
  ) {}

  /** @param holds whether an answer that is there still counts */
  async get(
    ask: () => Promise<T>,
    holds: (answer: T) => boolean = () => true,
  ): Promise<T> {
    for (;;) {
      const known = this.#fresh(ask);
      if (known === undefined) return this.#ask(ask);
      const answer = await known.answer;
      if (holds(answer)) return answer;
      // Somebody else may have asked meanwhile.
      if (this.#known === known) return this.#ask(ask);
    }
  }

  #fresh(ask: () => Promise<T>): Asked<T> | undefined {
    const known = this.#known;
    if (known === undefined) return undefined;
    const age = this.clock() - known.since;
    if (age >= this.keepMs / 2) this.#renew(ask);
    return age < this.keepMs ? known : this.#next;
  }

  #renew(ask: () => Promise<T>): void {
    if (this.#next !== undefined) return;
    const next = { since: this.clock(), answer: ask() };
    this.#next = next;
    const end = (): void => {
      if (this.#next === next) this.#next = undefined;
    };
    next.answer.then(() => {
      if ((this.#known?.since ?? 0) <= next.since) this.#known = next;
      end();
    }, end);
  }

  #ask(ask: () => Promise<T>): Promise<T> {
    const asked = { since: this.clock(), answer: ask() };
    this.#known = asked;
    asked.answer.catch(() => {
      if (this.#known === asked) this.#known = undefined;
    });
    return asked.answer;
  }
}
