import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import type { Rig } from "./rig";

const main = resolve(__dirname, "../../dist/workers/main.js");

/** A worker as an operator runs it, in a process that can be killed. */
export interface WorkerProcess {
  readonly pid: number;
  /** Everything that it wrote, for a look after the fact. */
  readonly output: () => string;
  /** Resolves when it is gone, whoever ended it. */
  readonly ended: Promise<unknown>;
  /** SIGKILL: no handler, no last word. */
  kill(): Promise<void>;
  /** SIGTERM, as a service manager ends it. */
  stop(): Promise<void>;
}

/** Starts a worker on the rig's queue and returns once it polls. */
export async function startWorkerProcess(
  rig: Pick<Rig, "env">,
  env: Readonly<Record<string, string>> = {},
): Promise<WorkerProcess> {
  if (!existsSync(main)) throw new Error(`${main} is missing: npm run build`);
  const child = spawn(process.execPath, [main], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...rig.env, ...env },
  });
  const lines: string[] = [];
  const ended = once(child, "exit");
  const polling = new Promise<void>((ready, failed) => {
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on("line", (line) => {
        lines.push(line);
        if (line.startsWith("worker polls")) ready();
      });
    }
    child.once("exit", (code) =>
      failed(new Error(`worker ended with ${code}:\n${lines.join("\n")}`)),
    );
  });
  await polling;
  return {
    pid: child.pid ?? 0,
    ended,
    output: () => lines.join("\n"),
    kill: () => end(child, "SIGKILL", ended),
    stop: () => end(child, "SIGTERM", ended),
  };
}

async function end(
  child: ChildProcess,
  signal: NodeJS.Signals,
  ended: Promise<unknown>,
): Promise<void> {
  child.kill(signal);
  await ended;
}
