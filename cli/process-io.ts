import { createInterface } from "node:readline/promises";
import { text } from "node:stream/consumers";
import type { Io } from "./context";

/** The process that we are. The first interrupt asks the command to end, the second one ends it. */
export function processIo(): Io {
  const interrupt = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      if (interrupt.signal.aborted) process.exit(130);
      interrupt.abort();
    });
  }
  // `runbook status | head`: the reader has gone, and nobody is left to tell.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
    throw error;
  });
  return {
    env: process.env,
    out: (written) => void process.stdout.write(written),
    err: (written) => void process.stderr.write(written),
    isTerminal: process.stdout.isTTY && process.env["TERM"] !== "dumb",
    size: () => ({
      columns: process.stdout.columns ?? 80,
      rows: process.stdout.rows ?? 24,
    }),
    readStdin: () => text(process.stdin),
    ask: (question) => askOnTerminal(question, interrupt.signal),
    interrupted: interrupt.signal,
  };
}

async function askOnTerminal(
  question: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (!process.stdin.isTTY) return undefined;
  // The question goes to stderr, so that stdout stays what a script reads.
  const prompt = createInterface({
    input: process.stdin,
    output: process.stderr,
  });
  try {
    return await prompt.question(question, { signal });
  } catch {
    return undefined;
  } finally {
    prompt.close();
  }
}
