import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { MAX_ANSWER_BYTES, type Answer } from "./answer";
import { hostsOfAnsible, isAnsible } from "./ansible";
import { inventoryError } from "./errors";

export interface InventoryCommand {
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly timeoutMs: number;
}

/** Enough of what a program complains about; the end says most. */
const MAX_STDERR_CHARS = 2_000;

interface Ended {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stopped?: "timeout" | "tooLarge";
}

/** What a command prints: hosts as a file has them, or what `ansible-inventory --list` prints. @throws inventory.* */
export async function askCommand(command: InventoryCommand): Promise<Answer> {
  const source = `the command ${command.argv.join(" ")}`;
  const ended = await run(command);
  refuseFailure(command, source, ended);
  const text = ended.stdout;
  return { text, source, read: () => readOutput(text, source) };
}

function readOutput(text: string, source: string) {
  const data = parseJson(text, source);
  return isAnsible(data)
    ? { data: hostsOfAnsible(data, source), isWrittenOut: false }
    : { data, isWrittenOut: true };
}

/** @throws inventory.notJson */
export function parseJson(text: string, source: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw inventoryError("notJson", {
      seen:
        text.trim() === ""
          ? `${source} answered nothing`
          : `${source} answered no JSON: ${(cause as Error).message}`,
      facts: { source },
      cause,
    });
  }
}

function refuseFailure(
  { cwd, timeoutMs }: InventoryCommand,
  source: string,
  { code, signal, stderr, stopped }: Ended,
): void {
  const said = stderr.trim() === "" ? "" : `; it said: ${stderr.trim()}`;
  if (stopped === "timeout")
    throw inventoryError("commandTimeout", {
      seen: `${source} did not end within ${timeoutMs / 1_000} s${said}`,
    });
  if (stopped === "tooLarge")
    throw inventoryError("tooLarge", {
      seen: `${source} printed more than ${MAX_ANSWER_BYTES >> 20} MB`,
      facts: { source },
    });
  if (code === 0) return;
  throw inventoryError("commandFailed", {
    seen: `${source} ended with ${code === null ? signal : `exit code ${code}`}${said}`,
    facts: { cwd },
  });
}

/** Without a shell, in a process group of its own: what it started is stopped with it. */
function run({ argv, cwd, timeoutMs }: InventoryCommand): Promise<Ended> {
  const [program = "", ...words] = argv;
  const child = spawn(program, words, {
    cwd,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stopped: Ended["stopped"];
  const stop = (reason: NonNullable<Ended["stopped"]>): void => {
    stopped ??= reason;
    killGroup(child.pid);
    child.stdout.destroy();
    child.stderr.destroy();
  };
  const timer = setTimeout(() => stop("timeout"), timeoutMs);
  const output = collect(child, () => stop("tooLarge"));
  return new Promise<Ended>((resolve, reject) => {
    child.once("error", (cause) => reject(cannotStart(program, cwd, cause)));
    child.once("close", (code, signal) => {
      const ended = { ...output(), code, signal };
      resolve(stopped === undefined ? ended : { ...ended, stopped });
    });
  }).finally(() => clearTimeout(timer));
}

type Output = Pick<Ended, "stdout" | "stderr">;

/** All of stdout up to the limit, and the end of stderr. */
function collect(
  { stdout, stderr }: ChildProcessByStdio<null, Readable, Readable>,
  onTooMuch: () => void,
): () => Output {
  const chunks: Buffer[] = [];
  let bytes = 0;
  let complaint = "";
  stdout.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) onTooMuch();
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

function cannotStart(program: string, cwd: string, cause: Error): Error {
  const { code = "no code" } = cause as NodeJS.ErrnoException;
  return inventoryError("commandMissing", {
    seen: `cannot start ${program} in ${cwd} (${code})`,
    facts: { program },
    cause,
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
