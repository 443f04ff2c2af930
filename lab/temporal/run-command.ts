import { execFile } from "node:child_process";

export interface CommandOptions {
  readonly timeoutMs: number;
  readonly env?: NodeJS.ProcessEnv;
}

export type RunCommand = (
  command: string,
  args: readonly string[],
  options: CommandOptions,
) => Promise<string>;

/**
 * Runs a program to its end and returns its standard output.
 *
 * @throws Error whose message is the reason in a few words: `not found`, `no answer within 5 s`, `exit 1: <last line>`
 */
export const runCommand: RunCommand = (command, args, { timeoutMs, env }) =>
  new Promise((resolve, reject) => {
    const options = { timeout: timeoutMs, killSignal: "SIGKILL", env } as const;
    execFile(command, [...args], options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(reasonOf(error, stderr, timeoutMs)));
    });
  });

/** The last line says what went wrong; warnings and progress come before it. */
function lastLine(text: string): string {
  const lines = text.split("\n").map((line) => line.trim());
  return lines.filter((line) => line !== "").at(-1) ?? "";
}

function reasonOf(
  error: Error & { readonly code?: unknown; readonly killed?: boolean },
  stderr: string,
  timeoutMs: number,
): string {
  if (error.code === "ENOENT") return "not found";
  if (error.code === "EACCES") return "not executable";
  if (error.killed === true) return `no answer within ${timeoutMs / 1000} s`;
  const words = lastLine(stderr) || error.message;
  return typeof error.code === "number"
    ? `exit ${error.code}: ${words}`
    : words;
}
