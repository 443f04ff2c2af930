import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import { guard } from "../guarded";

const main = resolve(__dirname, "../../workers/main.js");

/** Longer than a worker gives its own visits to end. */
const STOP_LIMIT_MS = 45_000;

/** A worker as an operator runs it, in a process of its own. */
export interface OwnWorker {
  readonly pid: number;
  /** Of this process so far; kilobytes as the kernel counts them. */
  peakRssKb(): number;
  /** SIGKILL: no handler, no last word. */
  kill(): Promise<void>;
  /** SIGTERM, as a service manager ends it. */
  stop(): Promise<void>;
}

/** Returns once the worker polls. @throws Error with what it said when it ends instead */
export async function startOwnWorker(
  env: Readonly<Record<string, string>>,
): Promise<OwnWorker> {
  if (!existsSync(main)) throw new Error(`${main} is missing: npm run build`);
  // For a profile of it: BENCH_WORKER_FLAGS="--cpu-prof --cpu-prof-dir=/tmp".
  const flags = (process.env["BENCH_WORKER_FLAGS"] ?? "").split(" ");
  const args = [...flags.filter((flag) => flag !== ""), main];
  const child = spawn(process.execPath, args, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...env },
  });
  guard(child);
  await untilPolling(child);
  const { pid = 0 } = child;
  return {
    pid,
    peakRssKb: () => peakRssKb(pid),
    kill: () => end(child, "SIGKILL"),
    stop: () => end(child, "SIGTERM"),
  };
}

function untilPolling(child: ChildProcess): Promise<void> {
  const lines: string[] = [];
  return new Promise((ready, failed) => {
    for (const stream of [child.stdout, child.stderr]) {
      if (stream === null) continue;
      createInterface({ input: stream }).on("line", (line) => {
        if (lines.push(line) > 50) lines.shift();
        if (line.startsWith("worker polls")) ready();
      });
    }
    child.once("exit", (code) =>
      failed(new Error(`worker ended with ${code}:\n${lines.join("\n")}`)),
    );
  });
}

/** Zero where the kernel does not tell, as on macOS. */
function peakRssKb(pid: number): number {
  const file = `/proc/${pid}/status`;
  if (!existsSync(file)) return 0;
  const [, kb = "0"] =
    /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(file, "utf8")) ?? [];
  return Number(kb);
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill(signal);
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_LIMIT_MS);
  const [, endedBy] = (await gone) as [number | null, NodeJS.Signals | null];
  clearTimeout(timer);
  if (signal === "SIGTERM" && endedBy === "SIGKILL")
    throw new Error(
      `the worker had not ended ${STOP_LIMIT_MS / 1_000} s after SIGTERM`,
    );
}
