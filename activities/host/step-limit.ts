/** The time limit of whichever step of a call is at work; ends with the call. */
export class StepLimit {
  readonly signal: AbortSignal;
  readonly #late = new AbortController();
  #timer: NodeJS.Timeout | undefined;

  constructor(signal: AbortSignal) {
    this.signal = AbortSignal.any([signal, this.#late.signal]);
  }

  /** Stands instead of the limit of the step before. */
  begin(timeoutMs: number, late: () => Error): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#late.abort(late()), timeoutMs);
  }

  clear(): void {
    clearTimeout(this.#timer);
  }
}
