import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";

/** A program to run on the worker, without a shell. */
export interface Program {
  readonly argv: readonly string[];
  readonly cwd?: string;
  /** The whole environment; default: the worker's own. */
  readonly env?: NodeJS.ProcessEnv;
  /** What it reads; nothing unless given. */
  readonly stdin?: string;
  readonly timeoutMs: number;
  /** It is stopped when it prints more. */
  readonly maxBytes: number;
  /** It is stopped when this aborts. */
  readonly signal?: AbortSignal;
}

export interface Ended {
  readonly stdout: string;
  /** Its end only. */
  readonly stderr: string;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Why it was stopped before it ended by itself. */
  readonly stopped?: "timeout" | "tooLarge" | "aborted";
}

/** Enough of what a program complains about; the end says most. */
const MAX_STDERR_CHARS = 2_000;

/**
 * Runs it to its end, in a process group of its own: what it started is stopped with it.
 *
 * @throws the error of the operating system when it cannot be started
 */
export function runProgram(program: Program): Promise<Ended> {
  const { argv, cwd, env, timeoutMs, maxBytes, signal: abort } = program;
  const [name = "", ...words] = argv;
  const child = spawn(name, words, {
    cwd,
    env,
    detached: true,
    stdio: ["pipe", "pipe", "pipe"],
  });
  // One that ends without reading closes its end: what it made of that is in its exit.
  child.stdin.on("error", () => undefined).end(program.stdin);
  let stopped: Ended["stopped"];
  const stop = (reason: NonNullable<Ended["stopped"]>): void => {
    stopped ??= reason;
    killGroup(child.pid);
    child.stdout.destroy();
    child.stderr.destroy();
  };
  const timer = setTimeout(() => stop("timeout"), timeoutMs);
  const onAbort = (): void => stop("aborted");
  abort?.addEventListener("abort", onAbort, { once: true });
  if (abort?.aborted) onAbort();
  const output = collect(child, maxBytes, () => stop("tooLarge"));
  return new Promise<Ended>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => {
      const ended = { ...output(), code, signal };
      resolve(stopped === undefined ? ended : { ...ended, stopped });
    });
  }).finally(() => {
    clearTimeout(timer);
    abort?.removeEventListener("abort", onAbort);
  });
}

type Output = Pick<Ended, "stdout" | "stderr">;

/** All of stdout up to the limit, and the end of stderr. */
function collect(
  { stdout, stderr }: ChildProcessWithoutNullStreams,
  maxBytes: number,
  onTooMuch: () => void,
): () => Output {
  const chunks: Buffer[] = [];
  let bytes = 0;
  let complaint = "";
  stdout.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > maxBytes) onTooMuch();
    else chunks.push(chunk);
  });
  stderr.setEncoding("utf8").on("data", (text: string) => {
    complaint = (complaint + text).slice(-MAX_STDERR_CHARS);
  });
  return () => ({
    stdout: Buffer.concat(chunks).toString("utf8"),
    stderr: complaint,
  });
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}
