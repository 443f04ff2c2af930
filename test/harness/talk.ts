import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

/** A program in a process of its own, which is spoken to line by line. */
export interface Talk {
  /** The next line that it prints. @throws Error when it ends instead */
  line(): Promise<string>;
  /** Tells it a line. @returns its next one @throws Error when it ends instead */
  ask(line: string): Promise<string>;
  /** Ends its stdin, and resolves when it has ended; what it says last can still be read. */
  end(): Promise<void>;
  kill(): void;
}

export function talkTo(
  program: string,
  words: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Talk {
  const child = spawn(program, words, {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, ...env },
  });
  const gone = new Promise((resolve) => child.once("exit", resolve));
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const line = async (): Promise<string> => {
    const { value, done } = await lines.next();
    if (done === true) throw new Error(`${program} has ended without a word`);
    return value;
  };
  return {
    line,
    ask: (told) => {
      child.stdin.write(`${told}\n`);
      return line();
    },
    end: async () => {
      child.stdin.end();
      await gone;
    },
    kill: () => void child.kill("SIGKILL"),
  };
}
