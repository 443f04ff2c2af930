import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { temporalError } from "./errors";

export interface ServerProcess {
  readonly pid: number;
  readonly ended: Promise<void>;
  /** Ends the process and waits for it: TERM, and KILL when that takes longer than `graceMs`. */
  stop(graceMs: number): Promise<void>;
}

export interface LaunchOptions {
  readonly path: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly log: (line: string) => void;
  readonly timeoutMs: number;
  /** How it says that it listens: a port that answers could be somebody else's. */
  readonly banner?: Banner;
}

export interface Banner {
  readonly on: "stdout" | "stderr";
  readonly line: RegExp;
}

/** Of `temporal server start-dev`. */
const DEV_BANNER: Banner = { on: "stdout", line: /^Temporal Server:/ };
const KEPT_LINES = 20;

/**
 * Kills the server when this process is gone, however it went: the shell's standard input is a pipe that we hold and
 * never write to, and the kernel closes it for us.
 */
const GUARD = `
read -r _
kill -TERM "$1" || exit
for _ in 1 2 3 4 5; do sleep 1; kill -0 "$1" || exit; done
kill -KILL "$1"
`;

/**
 * Starts the server and returns when it says that it listens.
 *
 * @throws temporal.portTaken, temporal.startFailed, temporal.neverReady
 */
export async function launchServer(
  options: LaunchOptions,
): Promise<ServerProcess> {
  // A group of its own: Ctrl-C must reach the runbook first, which stops its worker before the server.
  const child = spawn(options.path, [...options.args], {
    env: options.env,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const lines = keepLines(child, options.log);
  try {
    const { banner = DEV_BANNER, timeoutMs } = options;
    await untilBanner(child, banner, timeoutMs);
  } catch (error) {
    child.kill("SIGKILL");
    throw describeFailure(error, lines);
  }
  return supervise(child);
}

function supervise(child: ChildProcess): ServerProcess {
  const pid = child.pid ?? 0;
  const guard = spawn("sh", ["-c", GUARD, "sh", String(pid)], {
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  // Without a shell there is no guard; a server that outlives a killed process is better than none.
  guard.on("error", () => undefined);
  guard.unref();
  const ended = hasEnded(child)
    ? Promise.resolve()
    : once(child, "exit").then(() => undefined);
  void ended.then(() => guard.kill("SIGKILL"));
  const stop = async (graceMs: number) => {
    if (graceMs > 0) child.kill("SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), graceMs);
    await ended;
    clearTimeout(timer);
  };
  return { pid, ended, stop };
}

function untilBanner(
  child: ChildProcess,
  banner: Banner,
  timeoutMs: number,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`nothing heard for ${timeoutMs / 1000} s`)),
      timeoutMs,
    );
    const settle = (act: () => void) => {
      clearTimeout(timer);
      act();
    };
    child.once("error", (error) => settle(() => reject(error)));
    // "close", not "exit": its last words have been read by then.
    child.once("close", (code, signal) =>
      settle(() => reject(new Error(`ended by ${signal ?? `exit ${code}`}`))),
    );
    const stream = child[banner.on];
    if (stream === null) return;
    createInterface(stream).on("line", (line) => {
      if (banner.line.test(line)) settle(resolve);
    });
  });
}

function keepLines(
  child: ChildProcess,
  log: (line: string) => void,
): readonly string[] {
  const kept: string[] = [];
  const keep = (line: string): void => {
    kept.push(line);
    if (kept.length > KEPT_LINES) kept.shift();
  };
  // Why it ends it may say on either.
  if (child.stdout !== null) createInterface(child.stdout).on("line", keep);
  if (child.stderr === null) return kept;
  createInterface(child.stderr).on("line", (line) => {
    keep(line);
    log(line);
  });
  return kept;
}

function describeFailure(error: unknown, lines: readonly string[]) {
  const reason = error instanceof Error ? error.message : String(error);
  const said = lines.join("\n");
  const taken = /can't set [\w ]*port (\d+).*address already in use/.exec(said);
  const port = taken?.[1];
  if (port !== undefined)
    return temporalError("portTaken", {
      seen: `another program listens on 127.0.0.1:${port}`,
      expected: "a free port for the Temporal server",
      facts: { port },
      cause: error,
    });
  const kind = reason.startsWith("nothing heard")
    ? "neverReady"
    : "startFailed";
  const words = said === "" ? "" : `; it said:\n${said}`;
  return temporalError(kind, {
    seen: `the Temporal server did not start: ${reason}${words}`,
    cause: error,
  });
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}
