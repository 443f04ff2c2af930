/** Shorter values are no secrets, and to blank them would make every text unreadable. */
const shortestSecret = 4;

/**
 * Blanks what a host repeats of the secrets that it was given: a command that prints its environment must not carry
 * them into history, heartbeats or reports.
 */
export class Redaction {
  readonly #secrets = new Set<string>();

  /** From now on this value is blanked, and of a text with several lines each line. */
  add(value: string): void {
    for (const text of [value, ...value.split(/\r?\n/)]) {
      if (text.length >= shortestSecret) this.#secrets.add(text);
    }
  }

  apply(text: string): string {
    // Longest first: a secret that contains another one is blanked whole.
    const longestFirst = [...this.#secrets].sort((a, b) => b.length - a.length);
    return longestFirst.reduce(
      (blanked, secret) => blanked.replaceAll(secret, "***"),
      text,
    );
  }
}
