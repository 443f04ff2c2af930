import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import type { ServerChannel } from "ssh2";
import { channelOutput } from "./channel-output";

/** Where a command of a host runs. */
export interface CommandPlace {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** A file that tells the reaper of this process group. */
  readonly groupNote: (group: number) => string;
}

export interface RunningCommand {
  /** Resolves when the command and everything that shares its output have ended. */
  readonly ended: Promise<void>;
  /** Sends the signal, e.g. `TERM`, to the command's process group. */
  signal(name: string): void;
  /** The connection is gone: HUP, and KILL for what does not listen. Harsher than sshd, so that only real detachment survives. */
  hangUp(): void;
}

/** How long a process may take to end on SIGHUP. */
const HANGUP_GRACE_MS = 100;

/** Runs `sh -c command` in a process group of its own, joined to the channel. */
export function runCommand(
  command: string,
  channel: ServerChannel,
  { cwd, env, groupNote }: CommandPlace,
  clientEnv: Readonly<Record<string, string>>,
): RunningCommand {
  const child = spawn("sh", ["-c", command], {
    cwd,
    env: { ...env, ...clientEnv },
    detached: true,
  });
  const group = child.pid;
  if (group !== undefined) writeFileSync(groupNote(group), "");
  const ended = joinStreams(child, channel).then(() => {
    if (group !== undefined && !isAlive(group))
      rmSync(groupNote(group), { force: true });
  });
  const running: RunningCommand = {
    ended,
    signal: (name) => send(group, `SIG${name}`),
    hangUp: () => {
      // Nobody reads any more; unread output would keep the command from ending.
      for (const stream of [child.stdout, child.stderr])
        stream.unpipe().resume();
      send(group, "SIGHUP");
      const kill = setTimeout(() => send(group, "SIGKILL"), HANGUP_GRACE_MS);
      void ended.then(() => clearTimeout(kill));
    },
  };
  channel.on("close", () => {
    if (child.exitCode === null && child.signalCode === null) running.hangUp();
  });
  return running;
}

/** Resolves when the command has ended; by then the client has been told how. */
function joinStreams(
  child: ChildProcessWithoutNullStreams,
  channel: ServerChannel,
): Promise<void> {
  channel.on("error", () => undefined);
  // The command may end without reading its input.
  child.stdin.on("error", () => undefined);
  channel.pipe(child.stdin);
  const output = channelOutput(channel);
  child.stdout.pipe(output.stdout);
  child.stderr.pipe(output.stderr);
  const hungUp = new Promise<void>((resolve) => channel.once("close", resolve));
  return new Promise((resolve) => {
    child.once("error", (error) => {
      channel.stderr.write(`lab: ${error.message}\n`);
      channel.exit(126);
      channel.end();
      resolve();
    });
    // Not "exit": what the command left in its pipes is still to be read.
    child.once("close", (code, signal) => {
      const tell = (): void => {
        if (signal === null) channel.exit(code ?? 0);
        else channel.exit(signal.replace(/^SIG/, ""), false, "");
        channel.end();
      };
      // ssh2 closes a channel without waiting for its stderr.
      void Promise.race([output.sent.then(tell), hungUp]).then(resolve);
    });
  });
}

function send(group: number | undefined, name: string): void {
  if (group === undefined || !isSignal(name)) return;
  try {
    process.kill(-group, name);
  } catch {
    // It has ended by itself.
  }
}

function isAlive(group: number): boolean {
  try {
    process.kill(-group, 0);
    return true;
  } catch {
    return false;
  }
}

function isSignal(name: string): name is NodeJS.Signals {
  return Object.hasOwn(constants.signals, name);
}
