import { createOutputTail } from "./output-tail";
import type { FramePart, FrameResult } from "./port";

const keptBytes = 64 * 1024;

/** What one part of a frame says on one channel. */
export class FrameOutput {
  readonly #stdout = createOutputTail(keptBytes);
  readonly #stderr = createOutputTail(keptBytes);

  constructor(private readonly part: FramePart | undefined) {}

  addStdout(chunk: Buffer): void {
    this.#stdout.add(chunk);
    // Marks are ASCII: a character that is cut in two between chunks does them no harm.
    this.part?.onOutput?.(chunk.toString("utf8"));
  }

  addStderr(chunk: Buffer): void {
    this.#stderr.add(chunk);
  }

  result(exitCode: number): FrameResult {
    return {
      exitCode,
      stdout: this.#stdout.text(),
      stderr: this.#stderr.text(),
    };
  }
}
