import { spawn, type ChildProcessByStdio } from "node:child_process";
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import { createInterface } from "node:readline";
import { labError } from "./errors";
import { scriptPath } from "./scripts";

/**
 * The process that ends what the lab started. It hangs on a pipe of this process: when that closes, by `end` or because
 * this process was killed, nothing of the lab goes on.
 */
export class Reaper {
  private readonly waiting = new Map<string, (() => void)[]>();
  private readonly ended: Promise<void>;

  /** @throws lab.perlMissing */
  static async start(dir: string): Promise<Reaper> {
    // In a group of its own: Ctrl-C in the lab's terminal must not end it before the lab.
    const child = spawn("perl", [scriptPath("reaper.pl"), dir], {
      detached: true,
      stdio: ["pipe", "pipe", "inherit"],
    });
    try {
      await once(child, "spawn");
    } catch (cause) {
      throw labError("perlMissing", { seen: "perl cannot be started", cause });
    }
    return new Reaper(child);
  }

  private constructor(
    private readonly child: ChildProcessByStdio<Writable, Readable, null>,
  ) {
    this.ended = new Promise((resolve) => child.once("close", () => resolve()));
    child.stdin.on("error", () => undefined);
    createInterface({ input: child.stdout }).on("line", (line) => {
      const id = line.replace(/^done /, "");
      const waiting = this.waiting.get(id) ?? [];
      this.waiting.delete(id);
      for (const resolve of waiting) resolve();
    });
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  /** Ends all processes of one host. */
  async kill(hostId: string): Promise<void> {
    const done = new Promise<void>((resolve) => {
      this.waiting.set(hostId, [...(this.waiting.get(hostId) ?? []), resolve]);
    });
    this.child.stdin.write(`kill ${hostId}\n`);
    await Promise.race([done, this.ended]);
  }

  /** Ends all processes of the lab, and the reaper. */
  async end(): Promise<void> {
    this.child.stdin.end();
    await this.ended;
  }
}
