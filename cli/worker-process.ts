import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Environment } from "../activities/references";
import { cliError } from "./errors";

/** A worker in a process of its own, as a service manager would run it. */
export interface WorkerProcess {
  readonly pid: number;
  end(signal: "SIGTERM" | "SIGKILL"): Promise<void>;
}

/** Starts a worker with this environment; resolves once it polls its queue. @throws cli.workerFailed with its last words */
export async function startWorkerProcess(
  env: Environment,
): Promise<WorkerProcess> {
  const main = join(__dirname, "..", "workers", "main.js");
  const child = spawn(process.execPath, [main], {
    env: { ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = once(child, "exit");
  const words: string[] = [];
  await new Promise<void>((polls, failed) => {
    for (const input of [child.stdout, child.stderr]) {
      createInterface({ input }).on("line", (text) => {
        if (text.startsWith("worker polls")) polls();
        else words.push(text);
      });
    }
    child.once("exit", () =>
      failed(cliError("workerFailed", { seen: words.slice(-20).join("\n") })),
    );
  });
  return {
    pid: child.pid ?? 0,
    async end(signal) {
      child.kill(signal);
      await ended;
    },
  };
}
