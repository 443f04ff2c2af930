import { createOutputTail } from "./output-tail";
import type { Sequel, SequelResult } from "./port";
import type { RemoteExit } from "./transport";

const keptBytes = 64 * 1024;

/** What a sequel says on one channel, from where the job's own answers end. */
export class SequelOutput {
  readonly #stdout = createOutputTail(keptBytes);
  readonly #stderr = createOutputTail(keptBytes);
  #begun = false;

  constructor(private readonly sequel: Sequel) {}

  begin(): void {
    this.#begun = true;
  }

  addStdout(chunk: Buffer): void {
    this.#stdout.add(chunk);
    // Marks are ASCII: a character that is cut in two between chunks does them no harm.
    this.sequel.onOutput?.(chunk.toString("utf8"));
  }

  addStderr(chunk: Buffer): void {
    this.#stderr.add(chunk);
  }

  /** @returns nothing when the job's end was none that it follows */
  result({ exitCode }: RemoteExit): SequelResult | undefined {
    if (!this.#begun) return undefined;
    const [stdout, stderr] = [this.#stdout.text(), this.#stderr.text()];
    return { exitCode, stdout, stderr };
  }
}
