import { spawn } from "node:child_process";
import { performance } from "node:perf_hooks";

export interface TimedCommand {
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

export interface Timed {
  /** From the start of the process to its end. */
  readonly ms: number;
  readonly stdout: string;
}

const keptBytes = 4_096;

/** Runs a program to its end. @throws Error with its last words when it fails */
export function timed(command: TimedCommand): Promise<Timed> {
  const { program, args, env = {}, cwd } = command;
  const began = performance.now();
  const child = spawn(program, args, {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
    ...(cwd === undefined ? {} : { cwd }),
  });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (bytes: Buffer) => (stdout += bytes.toString()));
  child.stderr.on("data", (bytes: Buffer) => {
    stderr = (stderr + bytes.toString()).slice(-keptBytes);
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      const ms = performance.now() - began;
      if (code === 0) return resolve({ ms, stdout });
      const said = `${stdout.slice(-keptBytes)}\n${stderr}`.trim();
      reject(new Error(`${program} ended with ${code}:\n${said}`));
    });
  });
}
