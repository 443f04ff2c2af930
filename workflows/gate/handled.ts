import { currentUpdateInfo } from "@temporalio/workflow";

export type PackedHandled = readonly (readonly [id: string, reply: string])[];

const kept = 100;

/**
 * Answers to the latest Updates by their ids. The server removes duplicates within one run only; carried into the next
 * run of the chain, these let a caller that asks again hear the same answer instead of doing the same twice.
 */
export class Handled {
  readonly #replies: Map<string, string>;

  constructor(carried: PackedHandled = []) {
    this.#replies = new Map(carried);
  }

  /** The reply of `act`, or the one that was given to this Update before. @throws what `act` throws */
  once(act: () => string): string {
    const id = currentUpdateInfo()?.id;
    const known = id === undefined ? undefined : this.#replies.get(id);
    if (known !== undefined) return known;
    return this.#keep(id, act());
  }

  /** The same for a reply that takes its time. */
  async onceLater(act: () => Promise<string>): Promise<string> {
    const id = currentUpdateInfo()?.id;
    const known = id === undefined ? undefined : this.#replies.get(id);
    return known ?? this.#keep(id, await act());
  }

  #keep(id: string | undefined, reply: string): string {
    if (id !== undefined) this.#replies.set(id, reply);
    const [oldest] = this.#replies.keys();
    if (this.#replies.size > kept && oldest !== undefined)
      this.#replies.delete(oldest);
    return reply;
  }

  packed(): PackedHandled {
    return [...this.#replies];
  }
}
