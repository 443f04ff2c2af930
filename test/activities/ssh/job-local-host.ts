import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { hostSchema } from "../../../activities/inventory/port";
import { sshError } from "../../../activities/ssh/errors";
import { createJobs, type JobsOptions } from "../../../activities/ssh/jobs";
import { sshAccessSchema, type SshTarget } from "../../../activities/ssh/port";
import type {
  RemoteCommand,
  RemoteExit,
  RemoteStreams,
  Transport,
} from "../../../activities/ssh/transport";

// Nothing here waits for long, but a busy machine may take its time to start a process.
jest.setTimeout(30_000);

export type ShellName = "dash" | "bash" | "busybox ash";

function findProgram(name: string): string | undefined {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  return folders.map((dir) => join(dir, name)).find((path) => existsSync(path));
}

/** The shells of this machine that a host may have for sh; says aloud which of them cannot be tested. */
export function shellsHere(): ShellName[] {
  const all: readonly ShellName[] = ["dash", "bash", "busybox ash"];
  return all.filter((shell) => {
    const program = shell.split(" ")[0] ?? shell;
    const missing = [program, "setsid"].find((name) => !findProgram(name));
    if (missing)
      process.stderr.write(`not tested with ${shell}: no ${missing} here\n`);
    return !missing;
  });
}

/** A host without a network: commands run on this machine, in a home folder of their own. */
export class LocalHost {
  readonly root = mkdtempSync(join(tmpdir(), "runbook-job-"));
  readonly home = join(this.root, "home");
  readonly bin = join(this.root, "bin");
  readonly target: SshTarget;
  env: Record<string, string>;
  connects = 0;
  /** Asked as each channel opens: after how many milliseconds its link is cut, if at all. */
  cutAfterMs: () => number | undefined = () => undefined;
  /** While true, connections are refused. */
  down = false;
  /** All that the host's side has answered, over all channels. */
  heard = "";
  private readonly transports = new Set<LocalTransport>();

  constructor(readonly shell: ShellName) {
    mkdirSync(this.home);
    mkdirSync(this.bin);
    this.linkTools();
    this.env = {
      HOME: this.home,
      PATH: `${this.bin}:/usr/bin:/bin`,
      UPGRADE_RUNBOOKS_SYSTEMD: join(this.root, "no-systemd"),
    };
    this.boot("boot-1");
    const bootIdProbe = ["cat", join(this.root, "boot id")];
    this.target = {
      host: hostSchema.parse({ id: "app-07", address: "local", bootIdProbe }),
      access: sshAccessSchema.parse({}),
    };
  }

  /** Sets the boot id, as a reboot does. */
  boot(id: string): void {
    writeFileSync(join(this.root, "boot id"), `${id}\n`);
  }

  connect = (): Promise<Transport> => {
    this.connects++;
    if (this.down)
      return Promise.reject(sshError("unreachable", { seen: "host is down" }));
    const transport = new LocalTransport(this);
    this.transports.add(transport);
    return Promise.resolve(transport);
  };

  jobs(options: Partial<JobsOptions> = {}) {
    return createJobs({
      connect: this.connect,
      ...options,
      times: {
        streamAfterMs: 20,
        pollMs: 10,
        graceMs: 300,
        pauseMs: 2,
        ...options.times,
      },
    });
  }

  /** Drops every link, as a firewall does: what runs on behalf of a channel is killed. */
  cut(): void {
    for (const transport of this.transports) transport.close();
    this.transports.clear();
  }

  folderOf(key: string): string {
    const id = createHash("sha256").update(key).digest("hex").slice(0, 32);
    const { UPGRADE_RUNBOOKS_HOME: root } = this.env;
    return join(root ?? join(this.home, ".upgrade-runbooks"), "jobs", id);
  }

  /** Puts a systemd on the host whose systemd-run logs its words and does this. */
  fakeSystemd(body: string): void {
    const folder = join(this.root, "systemd");
    mkdirSync(folder);
    this.env = { ...this.env, UPGRADE_RUNBOOKS_SYSTEMD: folder };
    this.addTool("systemd-run", `echo "$*" >>~/systemd-run.log\n${body}`);
    this.addTool("id", "echo 0");
  }

  addTool(name: string, body: string): void {
    const path = join(this.bin, name);
    rmSync(path, { force: true });
    writeFileSync(path, `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  }

  /** The process group of a job, once it is claimed. */
  groupOf(key: string): number | undefined {
    const claim = join(this.folderOf(key), "claim");
    if (!existsSync(claim)) return undefined;
    return Number(readFileSync(claim, "utf8").split(" ")[0]);
  }

  read(file: string): string {
    const path = join(this.home, file);
    return existsSync(path) ? readFileSync(path, "utf8") : "";
  }

  dispose(): void {
    this.cut();
    const jobs = join(this.home, ".upgrade-runbooks", "jobs");
    for (const job of existsSync(jobs) ? readdirSync(jobs) : []) {
      const claim = join(jobs, job, "claim");
      if (!existsSync(claim)) continue;
      signalGroup(Number(readFileSync(claim, "utf8").split(" ")[0]), "SIGKILL");
    }
    rmSync(this.root, { recursive: true, force: true, maxRetries: 3 });
  }

  /** Leaves nothing on PATH but these programs. */
  keepOnly(tools: readonly string[]): void {
    const few = join(this.root, "few");
    mkdirSync(few);
    for (const tool of tools) {
      const own = join(this.bin, tool);
      const program = existsSync(own) ? readlinkSync(own) : findProgram(tool);
      symlinkSync(program ?? tool, join(few, tool));
    }
    this.env = { ...this.env, PATH: few };
  }

  private linkTools(): void {
    if (this.shell !== "busybox ash") {
      const shell = findProgram(this.shell) ?? this.shell;
      symlinkSync(shell, join(this.bin, "sh"));
      return;
    }
    const busybox = findProgram("busybox") ?? "busybox";
    const applets = execFileSync(busybox, ["--list"], { encoding: "utf8" });
    for (const applet of applets.trim().split("\n"))
      if (!applet.includes("/") && applet !== "busybox")
        symlinkSync(busybox, join(this.bin, applet));
  }
}

class LocalTransport implements Transport {
  closed = false;
  private readonly channels = new Map<ChildProcess, (error: Error) => void>();

  constructor(private readonly host: LocalHost) {}
  exec(
    { command, stdin = "" }: RemoteCommand,
    { onStdout, onStderr }: RemoteStreams,
    signal?: AbortSignal,
  ): Promise<RemoteExit> {
    if (signal?.aborted) return Promise.reject(signal.reason as Error);
    if (this.closed) return Promise.reject(linkLost());
    const [name = "", ...args] = [...this.host.shell.split(" "), "-c", command];
    const program = findProgram(name) ?? name;
    const { home: cwd, env } = this.host;
    const options = { cwd, env, detached: true } as const;
    const child = spawn(program, args, options);
    return new Promise((resolve, reject) => {
      this.channels.set(child, reject);
      const cutMs = this.host.cutAfterMs();
      if (cutMs !== undefined) setTimeout(() => this.close(), cutMs);
      child.stdin.on("error", () => undefined).end(stdin);
      child.stdout.on("data", (chunk: Buffer) => {
        this.host.heard += chunk.toString("latin1").slice(0, 200);
        onStdout(chunk);
      });
      child.stderr.on("data", onStderr);
      // Like sshd: the channel goes, the processes stay.
      const detach = (): void => {
        reject(signal?.reason as Error);
        this.channels.delete(child);
        for (const stream of [child.stdin, child.stdout, child.stderr])
          stream.destroy();
      };
      signal?.addEventListener("abort", detach, { once: true });
      child.on("error", reject);
      child.on("close", (code) => {
        signal?.removeEventListener("abort", detach);
        this.channels.delete(child);
        resolve({ exitCode: code ?? 255 });
      });
    });
  }

  close(): void {
    this.closed = true;
    for (const [child, reject] of this.channels) {
      if (child.pid !== undefined) signalGroup(child.pid, "SIGKILL");
      reject(linkLost());
    }
    this.channels.clear();
  }
}

function linkLost(): Error {
  return sshError("connectionLost", { seen: "cut by the test" });
}

function signalGroup(group: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return group > 1 && process.kill(-group, signal);
  } catch {
    return false;
  }
}

/** Whether a process of the group lives; one that is dead but not yet collected by its parent does not. */
export function groupLives(group: number | undefined): boolean {
  const list = execFileSync("ps", ["-A", "-o", "pgid=,stat="]).toString();
  return list
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .some(([pgid, stat = "Z"]) => Number(pgid) === group && stat[0] !== "Z");
}

/** Resolves when the condition holds; for states of processes, which nothing announces. */
export async function until(
  condition: () => boolean,
  what = "the awaited state",
): Promise<void> {
  const end = Date.now() + 10_000;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`${what} did not come in 10 s`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
