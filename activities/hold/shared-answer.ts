/** One answer for all who ask within a moment, and one question for all who wait for it. Failures are not kept. */
export class SharedAnswer<T> {
  #known: { readonly since: number; readonly answer: Promise<T> } | undefined;

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
      const known = this.#known;
      if (known === undefined || this.clock() - known.since >= this.keepMs)
        return this.#ask(ask);
      const answer = await known.answer;
      if (holds(answer)) return answer;
      // Somebody else may have asked meanwhile.
      if (this.#known === known) return this.#ask(ask);
    }
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
